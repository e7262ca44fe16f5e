/** Converts hex digits with any white space to bytes. */
export const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')

/** RFC 3711 appendix B.3. */
export const derivation = {
  masterKey: hex('E1F97A0D3E018BE0D64FA32C06DE4139'),
  masterSalt: hex('0EC675AD498AFEEBB6960B3AABE6'),
  cipherKey: hex('C61E7A93744F39EE10734AFE3FF7A087'),
  cipherSalt: hex('30CBBC08863D8C85D49DB34A9AE1'),
  authenticationKey: hex(`
    CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
    E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
    6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2`),
}

/** RFC 3711 appendix B.2: key stream for SSRC, rollover counter and sequence number 0. */
export const keyStream = {
  key: hex('2B7E151628AED2A6ABF7158809CF4F3C'),
  salt: hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
  blocks: [
    { counter: 0x0000, bytes: hex('E03EAD0935C95E80E166B16DD92B4EB4') },
    { counter: 0x0001, bytes: hex('D23513162B02D0F72A43A2FE4A5F97AB') },
    { counter: 0x0002, bytes: hex('41E95B3BB0A2E8DD477901E4FCA894C0') },
    { counter: 0xfeff, bytes: hex('EC8CDF7398607CB0F2D21675EA9EA1E4') },
    { counter: 0xff00, bytes: hex('362B7C3C6773516318A077D7FC5073AE') },
    { counter: 0xff01, bytes: hex('6A2CC3787889374FBEB4C81B17BA6C44') },
  ],
}

/** A whole packet under the master key of appendix B.3: the reference packet of libsrtp. */
export const counterModePacket = {
  plain: hex(`800f1234 decafbad cafebabe ${'ab'.repeat(16)}`),
  protected80: hex(`
    800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402
    b78d6acc 99ea179b 8dbb`),
}

const gcmSalt = hex('517569642070726f2071756f')
const gcmHeader = '8040f17b 8041f8d3 5501a0b2'
const gcmReportHeader = '81c8000d 4d617273'

/** RFC 7714 sections 16 and 17: session keys, not master keys. */
export const gcm = {
  salt: gcmSalt,
  plain: hex(`
    ${gcmHeader} 47616c6c 6961206573742 06f6d6e69 73206469 76697361 20696e20 70617274 65732074 726573`),
  plainRtcp: hex(`
    ${gcmReportHeader} 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
    deadbeef deadbeef deadbeef deadbeef deadbeef`),
  rtcpIndex: 0x5d4,
  cases: [
    {
      name: 'AEAD_AES_128_GCM',
      key: hex('000102030405060708090a0b0c0d0e0f'),
      sealed: hex(`
        ${gcmHeader} f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
        51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`),
      sealedRtcp: hex(`
        ${gcmReportHeader} 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1
        730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`),
    },
    {
      name: 'AEAD_AES_256_GCM',
      key: hex('000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f'),
      sealed: hex(`
        ${gcmHeader} 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02
        76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13`),
      sealedRtcp: hex(`
        ${gcmReportHeader} d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1
        110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4`),
    },
  ],
} as const
