import { describe, expect, it } from 'vitest'
import { motionCamerasOf } from '../../src/motion/motion-cameras.js'
import { type RecordingPlan, recordingDefaults } from '../../src/recording/recording-plan.js'
import { type PullPlan, pullDefaults } from '../../src/sources/pull/pull-plan.js'

const pull = (path: string, more: Partial<PullPlan> = {}): PullPlan => ({
  ...{ kind: 'pull', path, url: 'rtsp://ann:word@192.0.2.7/x', ...pullDefaults },
  ...{ username: undefined, password: undefined, fingerprint: undefined, slate: undefined },
  ...{ alwaysOn: false, lingerSeconds: 10, holdSeconds: 60, startSeconds: 8, stallSeconds: 10 },
  ...{ onvif: 'http://192.0.2.7/onvif/device_service' },
  ...more,
})
const recording = (more: Partial<RecordingPlan>): RecordingPlan => ({
  ...{ ...recordingDefaults, name: 'all', path: '/live/*', folder: '/disk', when: 'motion' },
  ...more,
})
const pathsFor = (...recordings: readonly RecordingPlan[]): string[] =>
  motionCamerasOf(
    [pull('/live/a'), pull('/b'), pull('/live/c', { onvif: undefined })],
    recordings,
  ).map(({ path }) => path)

describe('cameras whose motion is watched', () => {
  it('are those of recordings with this condition, if they have ONVIF', () => {
    expect(pathsFor(recording({}))).toEqual(['/live/a'])
    expect(pathsFor(recording({ when: 'watched' }))).toEqual([])
    expect(pathsFor(recording({ path: '/x', whenPath: '/b' }), recording({}))).toEqual([
      '/live/a',
      '/b',
    ])
  })

  it('have the login of the stream', () => {
    const userOf = (plan: PullPlan) => motionCamerasOf([plan], [recording({})])[0]?.user
    expect(userOf(pull('/live/a'))).toEqual({ username: 'ann', password: 'word' })
    const own = { username: 'bob', password: 'key' }
    expect(userOf(pull('/live/a', own))).toEqual(own)
    expect(userOf(pull('/live/a', { url: 'rtsp://192.0.2.7/x' }))).toBeUndefined()
  })
})
