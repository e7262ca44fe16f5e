import type { SourceView } from '../../src/sources/source-view.js'

/** A pull that has not begun. */
export const source: SourceView = {
  ...{ path: '/yard', kind: 'pull', state: 'idle', since: '2026-11-30T00:00:00.000Z' },
  ...{ attempts: 0, bytes: 0, source: 'rtsp://192.0.2.7/stream', alwaysOn: false, canChange: true },
  settings: {
    ...{ transport: 'tcp', basic: 'overTls', lingerSeconds: 10, holdSeconds: 60 },
    ...{ startSeconds: 10, stallSeconds: 15, returnSeconds: 10 },
  },
}
