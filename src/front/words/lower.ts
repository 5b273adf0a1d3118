/** A title inside a sentence: its first letter small, where it is no abbreviation. */
export function lower(title: string): string {
  return title.replace(/^[A-Z](?=[a-z])/, letter => letter.toLowerCase())
}
