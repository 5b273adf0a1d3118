import { readFileSync } from 'node:fs'

/** One of the test vectors of RFC 9579, appendix A, as a file. */
export function rfc9579(vector: `A.${1 | 2 | 3 | 4 | 5 | 6}`): Buffer {
  return readFileSync(new URL(`rfc9579/${vector}.p12`, import.meta.url))
}
