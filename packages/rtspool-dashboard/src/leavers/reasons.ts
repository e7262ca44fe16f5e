/** Explanations of the reasons for the removal of sessions for the user, by the names of the reasons in the API. */
export const reasonTexts: Readonly<Record<string, string>> = {
  teardown: 'left by itself',
  timeout: 'no sign of life',
  idleSetup: 'never played',
  lifetime: 'longest life reached',
  authorizationExpired: 'login expired',
  connectionClosed: 'connection closed',
  slowReader: 'read too slowly',
  sendThreadFailed: 'send thread failed',
  unreachable: 'unreachable',
  silent: 'published nothing',
  mediaEnded: 'media ended',
  mediaFailed: 'media failed',
  sourceChanged: 'other codecs came',
  replaced: 'replaced by another',
  kicked: 'ended by an operator',
  evicted: 'made room for another',
  overload: 'server overloaded',
  drained: 'server shut down',
  fenced: 'cluster cut off',
  filtered: 'removed by the program',
  poolClosed: 'server stopped',
  removed: 'removed by the program',
}

/** Reasons by which the list of removed sessions can be filtered. */
export const reasonNames: readonly string[] = Object.freeze(Object.keys(reasonTexts))
