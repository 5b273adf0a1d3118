import { quoteCommand } from '../../process/quote.ts'
import { clusterArguments, type Where } from './answers.ts'

/** The files of a generation that go to the extension; az reads them in the folder it runs in. */
export const pairFiles = { sslCertPemFile: 'chain.pem', sslKeyPemFile: 'key.pem' } as const

/** A change of the extension, as az is told. Values may be texts that are known only later. */
export interface Change<T = string> {
  verb: 'create' | 'update' | 'delete'
  where: Where
  /** Settings that are no secrets. */
  config?: Record<string, T>
  /** A JSON file with such settings instead: only a file can carry null, which clears a setting. */
  configFile?: T
  /**
   * Where the pair lies that goes in as protected settings. az is run there and gets bare file names:
   * it sends the paths that it is given to Azure, too.
   */
  pairIn?: T
  /** A JSON file beside the pair with other protected settings, which are replaced as a whole. */
  protectedFile?: string
}

/**
 * The arguments of one `az k8s-extension` command; `text` writes a value that is put together. An
 * update takes neither `--extension-type` nor `--scope`: the vendor's own command ends with 2.
 */
export function changeArguments<T>(change: Change<T>, text: Writer<T>): T[] {
  const { verb, where, config, configFile, pairIn, protectedFile } = change
  const plain = (...words: string[]) => words.map(word => text.plain(word))
  const pair = Object.entries(pairFiles).map(([key, file]) => `${key}=${file}`)
  return [
    ...plain('k8s-extension', verb, '-n', where.extension, ...clusterArguments(where)),
    ...(verb === 'create'
      ? plain('--extension-type', 'Microsoft.AzureML.Kubernetes', '--scope', 'cluster')
      : plain('--yes')),
    ...(configFile === undefined ? [] : [text.plain('--config-settings-file'), configFile]),
    ...(config === undefined
      ? []
      : [
          text.plain('--config'),
          ...Object.entries(config).map(([key, value]) => text.setting(key, value)),
        ]),
    ...(pairIn === undefined
      ? []
      : protectedFile === undefined
        ? plain('--config-protected', ...pair)
        : plain('--config-protected-settings-file', protectedFile)),
  ]
}

/** What a person types to delete the extension, with all that is stored in it. */
export function removeCommand(where: Where): string {
  return quoteCommand(['az', ...changeArguments({ verb: 'delete', where }, stringWriter)])
}

/** How words are made of plain text and of `key=value`. */
export interface Writer<T> {
  plain(word: string): T
  setting(key: string, value: T): T
}

/** For values that are known. */
export const stringWriter: Writer<string> = {
  plain: word => word,
  setting: (key, value) => `${key}=${value}`,
}
