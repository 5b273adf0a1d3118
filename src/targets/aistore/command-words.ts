/**
 * The words of a command line with single and double quotes, as a shell would split them; undefined
 * where a quote stays open or a shell would do more than split: no shell ever runs it.
 */
export function commandWords(text: string): [string, ...string[]] | undefined {
  if (/[\n\r\0]/.test(text)) return undefined
  const words: string[] = []
  const part = /\s+|'([^']*)'|"([^"\\$`]*)"|([^\s'"\\$`|&;<>(){}*?[\]~#!]+)/y
  let open = false
  while (part.lastIndex < text.length) {
    const match = part.exec(text)
    if (!match) return undefined
    const [whole, ...texts] = match
    if (/^\s/.test(whole)) {
      open = false
      continue
    }
    const value = texts.find(each => each !== undefined) ?? ''
    if (open) words[words.length - 1] += value
    else words.push(value)
    open = true
  }
  const [program, ...rest] = words
  return program ? [program, ...rest] : undefined
}
