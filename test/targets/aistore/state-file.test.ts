import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inPlain, isPlain, youngestOf } from '../../../src/targets/aistore/offline/edit.ts'
import {
  keepsContent,
  readStateFile,
  stateFileWith,
} from '../../../src/targets/aistore/offline/state-file.ts'
import { xxhash64 } from '../../../src/targets/aistore/offline/xxhash64.ts'

/** `.ais.conf` of a target of 5.0, as the node has written it: compressed and with its checksum. */
const written = () =>
  Buffer.from(readFileSync(new URL('ais.conf.base64', import.meta.url), 'latin1'), 'base64')

describe('xxhash64', () => {
  it.each([
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
  ])('sums %j as its authors do', (text, sum) => {
    expect(xxhash64(Buffer.from(text))).toBe(sum)
  })
})

describe('the file of settings that a node has written', () => {
  it('is read as the node reads it', () => {
    const file = readStateFile(written())
    expect(file.content).toMatchObject({ net: { http: { use_https: false } }, config_version: '1' })
    expect(keepsContent(file)).toBe(true)
  })

  it('is written so that it reads as what was meant', () => {
    const file = readStateFile(written())
    const again = readStateFile(stateFileWith(file, { ...(file.content as object), more: 'ü' }))
    expect(again.content).toEqual({ ...(file.content as object), more: 'ü' })
    expect(again.header.subarray(0, 12)).toEqual(file.header.subarray(0, 12))
  })

  it('is refused with any bit of its content turned, whatever it was cut to', () => {
    const bytes = written()
    for (let at = 16; at < bytes.length - 12; at += 37) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ 4
      expect(() => sameAs(damaged), `byte ${at}`).toThrow()
    }
    for (let length = 0; length < bytes.length - 8; length += 41)
      expect(() => readStateFile(bytes.subarray(0, length)), `${length} bytes`).toThrow()
  })

  /** Some bits of a frame's own header say nothing of its content: the same content is no harm. */
  function sameAs(bytes: Buffer) {
    if (readStateFile(bytes).text === readStateFile(written()).text) throw new RangeError('same')
  }

  it('is not changed where a number of it would be another one afterwards', () => {
    const text = '{"id_digest":11180779189768161114}'
    const file = { header: Buffer.alloc(16), text, content: JSON.parse(text) }
    expect(keepsContent(file)).toBe(false)
  })
})

describe('settings for a start on HTTP', () => {
  const https = {
    uuid: 'u',
    config_version: '7',
    proxy: { primary_url: 'https://a:1', original_url: 'https://a:2', discovery_url: '' },
    net: { http: { use_https: true, server_crt: '/c', server_key: '/k' } },
  }
  const fileOf = (content: typeof https) => ({
    header: Buffer.alloc(16),
    text: JSON.stringify(content),
    content,
  })

  it('differ in the scheme alone', () => {
    const plain = inPlain(https)
    expect([isPlain(https), isPlain(plain)]).toEqual([false, true])
    expect(plain).toEqual({
      ...https,
      proxy: { primary_url: 'http://a:1', original_url: 'http://a:2', discovery_url: '' },
      net: { http: { ...https.net.http, use_https: false } },
    })
  })

  it('are those of the node that heard last, and never those of another cluster', () => {
    const older = fileOf({ ...https, config_version: '6' })
    const other = fileOf({ ...https, uuid: 'other', config_version: '10' })
    expect(youngestOf([older, fileOf(https), other], 'u')?.content).toEqual(https)
    expect(youngestOf([other], 'u')).toBe(undefined)
  })
})
