/** Cases of x509-limbo that are judged otherwise here, and why that is right or not better known. */
export const differences: Readonly<Record<string, string>> = {
  'webpki::san::leftmost-wildcard-san':
    'The common name is example.com and the SAN holds *.example.com alone: the BR, 7.1.4.3, want the CN to be one of the SAN’s values, and the suite’s own cn::not-in-san does, too. The case is about the wildcard, which is taken.',
}
