#!/usr/bin/env node
// CommonJS and old syntax on purpose: a Node that is too old must get this far to say so.
'use strict'
var parts = process.versions.node.split('.')
if (Number(parts[0]) < 20 || (Number(parts[0]) === 20 && Number(parts[1]) < 19)) {
  process.stderr.write(
    'secure-endpoint needs Node 20.19 or newer; this is Node ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n',
  )
  process.exit(69)
}
import('../dist/cli.js').then(cli => cli.main(process.argv.slice(2)))
