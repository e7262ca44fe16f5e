/**
 * Sends one request to the control API from the network of a server, and prints the response as JSON:
 * `node api-call.mjs TOKEN METHOD URL [BODY]`.
 */
const [token, method, url, body] = process.argv.slice(2)
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
const response = await fetch(url, { method, headers, ...(body && { body }) })
const text = await response.text()
console.log(
  JSON.stringify({ status: response.status, body: text === '' ? null : JSON.parse(text) }),
)
