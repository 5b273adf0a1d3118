/**
 * The YAML library's reader, for modules that load it only when they need it: bundled, the library
 * itself comes as one default export, and a name taken from `import('yaml')` is undefined.
 */
export { parse as parseYaml } from 'yaml'
