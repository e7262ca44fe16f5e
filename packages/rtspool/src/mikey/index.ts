export {
  parseSrtpOffer,
  type SrtpOffer,
  type SrtpOfferTime,
  serializeSrtpOffer,
} from './srtp-keys.js'
