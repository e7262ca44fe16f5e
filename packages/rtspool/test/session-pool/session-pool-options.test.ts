import { describe, expect, it } from 'vitest'
import { SessionPool, type SessionPoolOptions } from '../../src/session-pool/index.js'

describe('SessionPool', () => {
  it.each([
    [{ maxSession: 3 }, "SessionPool has no option 'maxSession': did you mean 'maxSessions'?"],
    [{ onadmit: () => true }, "SessionPool has no option 'onadmit': did you mean 'onAdmit'?"],
    [7, 'the options of SessionPool must be an object, got number'],
    [{ onAdmit: 'x' }, "onAdmit must be a function, got 'x'"],
    [{ admission: { tryAcquire() {} } }, 'admission must have the methods tryAcquire, release'],
    [{ idCodec: 'x' }, 'idCodec must have the methods createId, got string'],
    [{ createSessionId: 'x' }, "createSessionId must be a function, got 'x'"],
    [{ createSession: class {}.name }, "createSession must be a function, got ''"],
    [{ clock: 5 }, 'clock must have the methods now, unixTimeMs, schedule, got number'],
    [{ timeoutAlwaysVisible: 1 }, 'timeoutAlwaysVisible must be true or false, got 1'],
    [{ fullPolicy: 'evict' }, "fullPolicy must be one of reject, evictOldestIdle, got 'evict'"],
  ])('given %j throws a TypeError with the expected type', (options, message) => {
    const make = () => new SessionPool(options as SessionPoolOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it('a subclass may accept options of its own', () => {
    class CameraPool extends SessionPool {
      readonly cameras: number
      constructor(options: SessionPoolOptions & { readonly cameras: number }) {
        super(options)
        this.cameras = options.cameras
      }
    }
    using pool = new CameraPool({ cameras: 3, maxSessions: 2 })
    expect([pool.cameras, pool.maxSessions]).toEqual([3, 2])
  })
})
