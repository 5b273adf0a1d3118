// The licences of what is bundled: most of them want to be passed on with every copy.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Name, version and licence text of each package that is in the bundle.
 *
 * @param output what Rolldown wrote: of each file its modules, by absolute path
 */
export async function thirdPartyNotices(output) {
  const inputs = output.flatMap(({ modules = {} }) =>
    Object.entries(modules).flatMap(([path, { renderedLength }]) =>
      renderedLength > 0 ? path : [],
    ),
  )
  const folders = [...new Set(inputs.flatMap(path => packageFolder(path) ?? []))]
  const notices = await Promise.all(folders.map(folder => noticeOf(folder)))
  const head = 'secure-endpoint contains these packages, under their own licences.'
  return `${[head, ...new Set(notices.sort())].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

/** `node_modules/a/node_modules/@b/c` of a file in it; undefined for our own files. */
function packageFolder(path) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
}

async function noticeOf(folder) {
  const { name, version, license, author } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  )
  const files = (await readdir(folder)).filter(file => /^(licen[cs]e|copying|notice)\b/i.test(file))
  const texts = await Promise.all(files.sort().map(file => readFile(join(folder, file), 'utf8')))
  if (texts.length === 0) {
    // yoga-layout names its licence and leaves the text out
    if (license !== 'MIT')
      throw new Error(`${name} ${version} comes without the text of ${license}.`)
    texts.push(`Copyright (c) ${author?.name ?? author}\n\n${mit}`)
  }
  return [`${name} ${version} (${license})`, ...texts.map(text => text.trim())].join('\n\n')
}

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense,
and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN
NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY,
WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`
