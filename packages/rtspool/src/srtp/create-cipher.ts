import { CounterModeCipher } from './counter-mode-cipher.js'
import { GcmCipher } from './gcm-cipher.js'
import { deriveSessionKeys } from './key-derivation.js'
import type { PacketCipher } from './packet-cipher.js'
import type { MasterKey } from './suite.js'

/** Creates the cipher for the suite of a master key, with session keys derived from that key. */
export function createPacketCipher(master: MasterKey): PacketCipher {
  const { rtp, rtcp } = deriveSessionKeys(master)
  return master.suite.cipher === 'AES-CM'
    ? new CounterModeCipher(master.suite, rtp, rtcp)
    : new GcmCipher(master.suite, rtp, rtcp)
}
