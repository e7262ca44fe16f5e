import { type Handler, ok } from '../request-context.js'
import { publicMethods } from './methods.js'

/** OPTIONS: what can be asked here; with a session, a sign of life (RFC 2326 section 10.1). */
export const handleOptions: Handler = ({ session }) => ({
  ...ok,
  headers: [['Public', publicMethods.join(', ')]],
  ...(session ? { session } : {}),
})
