import { integer, sequence } from '../../src/certificates/der.ts'

/**
 * The test vectors of RFC 9579, appendix A, whose passphrase is 1234: they have the same content, and
 * differ in how it is authenticated. A.2 and A.3 have contents of their own and are left out.
 */
const content =
  'MIIKBQYJKoZIhvcNAQcBoIIJ9gSCCfIwggnuMIIEYgYJKoZIhvcNAQcGoIIEUzCCBE8CAQAwggRIBgkqhkiG9w0BBwEw' +
  'VwYJKoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECD2nFfFjbKxzAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQB' +
  'KgQQrvJhoVAOLWljBbOb0X9+z4CCA+AUhPZdqnJoWAOml28uR29oXcdfD7OPMpvvEULvoO1U+FVNZUcP6Qiyz6OyP5fK' +
  '8zBjRoK4CEAb8OKD6/NaiaeyoHmyzDn+RNv5MxDk9cuQ16gGYHoCsp4Zz9CYIFC9Ab9rpv6ddJabE2k/7vXvvZ2ZaYHy' +
  'BxInSQUWPvk2shuY2IMwJvvVDyA7MEwV/oGld//fFYAm3HKJz61I0RN84lrzNNlvT6VXTD3l5SYOs9Sm7ERVtvQom0hz' +
  'reBGRx+s+0N3oiLhnNvOPYS+vj9LiGetAGyKvJXMlbIgSNoPTLr4OYbQnAyBG4aLXAGgajCLfsYysMI7I5lYLifnAcu1' +
  'jKFHoloSXFuuHE8fjrPZRIsqZmgX5iARCBhxIFcyA/S3fr5dChwVZiLY3meLLTZOdy3AXjfQVixCWElK6ZrgjfcTzTx0' +
  'm4y/xP+ygXroewPhmPjqE5/idaZqzshqhIBsYpeAhrsqEZEm+KPEzdY5fRqo2L/xuGfFIDt8KYjL/uinLHlRgkVYYFKY' +
  'c/WkEcFWbHsB3xICwH0xKyGdsaMaJSTiHRBw6Lb38z1bAWWji6t4/Ijw8raq1UCakPetMuWyaDOC5nr0vRD8IVR9u2qw' +
  'wXRuAS6Hxx+K93UNgUAES3WDKm7AJS0KpDsBcradCo6OxALFXP2L0rw0N4Npq73xUCXROjayTf9VH9BSrQ9HBTWM83kH' +
  'NR6+ETtI7L8ia4krCkaqoWWNh2tCaPmMN74uZgf1AZVGV83zO5T7jwVjwICh4F4efkAA+aXQ9g9VSe3f+NA3X6/4JqE1' +
  'Uj4tryrU16f6PVHjhprYjfL+lSC3NdHAr60+vFNBsbTfQRTnUtgmfxqY9aaffDvlkgAwmtdZ4qPjh17u7jN1SwQFULa4' +
  'zjisgczwwWPJgDBix7LStynR6axrHNqv7tkDruuUOhe+9Lc2qydNcdyfdP22Q9Gh57ovsOHfHg533qVxHCB1hPkHDIft' +
  '7fiV3hVNSYlsMSrsiO+fgkqvBAmHVEIL5n85t+QLjbECbsbTXS7eDTzEHRC6Ol2DhrtVy5avLAVzuEs2q65oXiqgNpXB' +
  'hccfeK5fpiUn/eyJMptgJVc8Rk4AwE/2UX85TvpQwkFA19TTGMPH7cCFRWCca4KyZiUroRMOnyo5kobJXQqs1Ia2ovHe' +
  '4yF3s8RN5b4wve0ND/Rf18yRxkeLgLZ9eegdX+prZ0aEGPiONDReHWmhTqbEafYx5t7aEOwFmSQGmefukrjA/9Wpd1BP' +
  'CoS6/MYctUWwK4AN7jRkUGa0Gt/vTAbtmQ7xJRnxnPUhff5LTbiDvKNBF6//rHpO2TCCBYQGCSqGSIb3DQEHAaCCBXUE' +
  'ggVxMIIFbTCCBWkGCyqGSIb3DQEMCgECoIIFMTCCBS0wVwYJKoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECFPHPD5W' +
  'm2tgAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQr2dKpzUja3i0xUZtYel21ASCBNDMLAjuPfiAJO9+Pqe4' +
  '5Kd0CNKEa/uY3aPtYxXSmyVOmrZv0Gfe+fVjQky8vgTuwutTM1TTal05x8KcSkwVxw2/axCsunWY4IrG7w6NKodkugpU' +
  'vRE5Wxnx0wQIsuKAOU8pGJLIsSuXXi0Stfj/NuRRpYxE47byQVtNu5tDxigeVFTCwpbXEuC9+LSBGQb/MddF9AeNf/w1' +
  'K2/uFeV6Gfv8bLYQo+xEWFp2b+JQcB+YIyQyAdNTbjwkRH36exeW13n0f4h4OmP+RvFn5i8ejD1dRkq7zbx3cxCdSktn' +
  'UF8kaEwE9XBtVQMDjQKJAFV0Kga08nJqUvbzGhLcfQgsUKfBA6vq7QfCV40k8YervwdTIfofDGeHRvTmjXrevrBMVmfl' +
  'ww7Gluz9O137dOvGatil3Zee5GZ7dydpgnQgu+lz/x4stHtIqMNPgmFnSH8J9xXZZa+GlC6CRjSlatn4Qgyd4HV1kH3q' +
  'YlUvE6LXjw55KCLQ+zFkw2JgzfetOnBBPlao6wTIPBRCmd7lvwqS3+zsQ3Qsk2c/IklEvUtyo52vqP7pipG09rtr2hYm' +
  'oxy5M/5urMZEmH7ccOUUHDZjOn2Jp2/gqYHYzOFK0tSiLYxKO+eeSR3kt52yyEB3pZsp8XuQsAdAdPgCLp0wQ7gQqQRU' +
  'X0kG3EJHgkSfoL3wumD4uT6t9juAc59nG2AZRHCBdFjdotSt1PnlkqCTcTFUo/OLkSF2kBq7skqGk7DIqjMCn84pYw2v' +
  'PqGhu7YxufUH4gDrSmxgcfHKcGCwke/tZCZtiHwfIZ8eBW9oDylkJirHGOkuNImtHwEG70f3GROHsqWHGCt5di/X24Bh' +
  'tR33mRyjH2LNp3pU+ei+AVJv46Z3Lo8kAI+PqEVbo8lu5w/Rg+k7RW1a1B1lnd1/U/SFnuq8rA48UD6AplJySCoBJ/KC' +
  'I/1XdlzyMiLCM3OgMzZBP5RQkqKIZhclQQ472HHMUeUaPvn0Nw1GGmCXkCBHnuh8hIP3IG4IAlg9D9pkc8W5FOtxUbdF' +
  'ohsIBLvecTOcrIVos5d/PJ/JpKbKGwfbne2fIvUx6ML7ZtESSj/KV2AVTG9Tkkj5DconoDCP4+d24dfHvUThTBK67bFd' +
  'gynGdDAjquuhClkFfzYeGqBwtXzc/yWnNDA90eMfnOSjGZZ0LT6NT+1xB81dikl3Khpfu0OZVyUuHCX2mz87zjWkiw0s' +
  'lZfC/EboH7cs3+TDhCPA3X3g+imI4Pv6gObmaG207vwKsGtHEcwP/RCqeJmMrNJl6nGVmr4nv3a7y+0ye7PMKHG7QF/c' +
  '+Ehdwk1xWHBS2vTIp783428LS2anzDKKT8GWd3E314pt1M6LbAiLriHZAbyc6TrrBD89IgljBmXp4M0RBLMf/WYYJ9RC' +
  'dRPXtQL+n5CB6d/oC5qnYZaW+wmsHu7+nK3Prmu2O3+i6joiHoTBarBVWkZdkPTuBVYfQp79Wvpo8Y2+QtyZ+0+4Nmyf' +
  '2OKKDeC6F17JFV/XQ7Hfr2QpZwbvmrvuHEQjNLMPJSUE1ueib1IiO63ev6pViZY41q0Lqr/gPQjjYueN3d0TJnHuOYfe' +
  'D9LYBIwXNav2m9dzrV2xg6R1ng9hr1c9RnFcVqBmyhLcXWxTv334glVTS0LQwTElMCMGCSqGSIb3DQEJFTEWBBTBY7kO' +
  'iu9VZgXcFZSYDDStQRqNJw=='

const macs = {
  'A.1':
    'MHwwbTBJBgkqhkiG9w0BBQ4wPDAsBgkqhkiG9w0BBQwwHwQIb0c8OLAuMXMCAggAAgEgMAwGCCqGSIb3DQIJBQAw' +
    'DAYIKoZIhvcNAgkFAAQgeqVthTnXAjY/O80uuDVFxt+iuWlw5xR3LSJOQX+JBt0ECE5PVCBVU0VEAgEB',
  'A.4':
    'MH0wbTBJBgkqhkiG9w0BBQ4wPDAsBgkqhkiG9w0BBQwwHwQIb0c8OLAuMXMCAggBAgEgMAwGCCqGSIb3DQIJBQAw' +
    'DAYIKoZIhvcNAgkFAAQgeqVthTnXAjY/O80uuDVFxt+iuWlw5xR3LSJOQX+JBt0ECE5PVCBVU0VEAgIIAA==',
  'A.5':
    'MHwwbTBJBgkqhkiG9w0BBQ4wPDAsBgkqhkiG9w0BBQwwHwQITk9UIFVTRUQCAggAAgEgMAwGCCqGSIb3DQIJBQAw' +
    'DAYIKoZIhvcNAgkFAAQgeqVthTnXAjY/O80uuDVFxt+iuWlw5xR3LSJOQX+JBt0ECG9HPDiwLjFzAgEB',
  'A.6':
    'MHowajBGBgkqhkiG9w0BBQ4wOTApBgkqhkiG9w0BBQwwHAQIb0c8OLAuMXMCAggAMAwGCCqGSIb3DQIJBQAwDAYI' +
    'KoZIhvcNAgkFAAQgeqVthTnXAjY/O80uuDVFxt+iuWlw5xR3LSJOQX+JBt0ECG9HPDiwLjFzAgIIAA==',
} as const

/** One of the vectors as a file. */
export function rfc9579(vector: keyof typeof macs): Buffer {
  const parts = [content, macs[vector]].map(text => Buffer.from(text, 'base64'))
  return sequence(integer(3), ...parts)
}
