import { connect, type RtspClient, type RtspClientOptions } from 'rtspool/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { defaultUser } from '../../src/camera/camera-server.js'
import { noFaults } from '../../src/camera/faults.js'
import { onvifCameras } from '../../src/camera/onvif-cameras.js'
import { cameraFiles } from '../../src/test-picture.js'
import { CameraScene } from './camera-scene.js'

/** Connects to a virtual camera, and plays. */
async function playing(query: string, options: RtspClientOptions = {}) {
  const scene = await CameraScene.start()
  const client = await played(scene, query, options)
  return { scene, client }
}

async function played(scene: CameraScene, query: string, options: RtspClientOptions = {}) {
  const client = await connect(scene.url(query), {
    ...{ clock: scene.clock, tracks: ({ kind }) => kind === 'video', ...options },
  })
  onTestFinished(() => client.close())
  await client.play()
  return client
}

/** Returns whether packets still arrive after so many seconds. */
async function livesFor(seconds: number, scene: CameraScene, client: RtspClient) {
  await scene.pass(seconds)
  const { packets } = client.stats()
  await scene.pass(1)
  return client.state === 'playing' && client.stats().packets > packets
}

// Real sockets beside a clock of the test: one run of some hundred failed on a machine with other work.
describe('rtspool/client keeps the session of a camera of quirk', { retry: 1 }, () => {
  it.each<[quirk: string, sign: string, without: RtspClientOptions]>([
    ['24&timeout=6', 'GET_PARAMETER', { keepAliveSeconds: 0 }],
    ['25&timeout=6', 'GET_PARAMETER for the whole stream', { keepAliveSeconds: 0 }],
    ['26a&timeout=6', 'receiver reports over TCP', { reportSeconds: 0 }],
    ['26b', 'receiver reports over TCP', { reportSeconds: 0 }],
  ])('%s by %s', async (quirk, _, without) => {
    const query = `quirk=${quirk}`
    const { scene, client } = await playing(query)
    expect(await livesFor(13, scene, client)).toBe(true)
    const careless = await playing(query, without)
    expect(await livesFor(7, careless.scene, careless.client)).toBe(false)
  })

  it.each<[quirk: string, seconds: number, options: RtspClientOptions]>([
    ['22&timeout=6', 20, {}],
    ['23a&timeout=6', 7, {}],
    // Quirk 25 ends the stream unless a method that the camera knows is a sign of life.
    ['23b,25&timeout=6', 13, { keepAliveSeconds: 2 }],
  ])('%s, whatever becomes of its keep-alives', async (quirk, seconds, options) => {
    const { scene, client } = await playing(`quirk=${quirk}`, options)
    expect(await livesFor(seconds, scene, client)).toBe(true)
  })

  it('26: twice within a timeout of 3 s', async () => {
    const { scene, client } = await playing('quirk=24&timeout=3')
    expect(await livesFor(7, scene, client)).toBe(true)
  })
})

describe('rtspool/client', { retry: 1 }, () => {
  it('27a: says TEARDOWN before it closes, so that the camera accepts the next one', async () => {
    const { scene, client } = await playing('quirk=27a')
    await scene.pass(1)
    await client.close()
    const next = await played(scene, 'quirk=27a')
    expect(await livesFor(1, scene, next)).toBe(true)
  })

  it('27b: says TEARDOWN before it closes, so that the next one loses nothing', async () => {
    const { scene, client } = await playing('quirk=27b')
    await scene.pass(1)
    await client.close()
    const next = await played(scene, 'quirk=27b')
    expect(await livesFor(1, scene, next)).toBe(true)
    expect(next.stats().lostPackets).toBe(0)
  })

  it('17: connects without the back channel while another client has it open', async () => {
    const { scene, client } = await playing('quirk=17', { backChannel: true })
    expect(client.backChannel).toBeDefined()
    const other = await played(scene, 'quirk=17', { backChannel: true })
    expect(other.backChannel).toBeUndefined()
    expect(await livesFor(1, scene, other)).toBe(true)
  })

  it('18: leaves the back channel closed unless it is asked for', async () => {
    const { scene, client } = await playing('quirk=18')
    const faults = { ...noFaults, quirk: ['18'] }
    const init = { server: scene.server, files: cameraFiles, faults, user: defaultUser }
    const { isMuted } = await onvifCameras({ ...init, clock: scene.clock })
    expect(await livesFor(1, scene, client)).toBe(true)
    expect(await isMuted(faults)).toBe(false)
    const speaking = await played(scene, 'quirk=18', { backChannel: true })
    expect(await isMuted(faults)).toBe(true)
    await speaking.close()
    expect(await isMuted(faults)).toBe(false)
  })

  it('1: describes the stream again, on a new connection, before it sets up TCP', async () => {
    const { scene, client } = await playing('quirk=1,21', { transports: ['udp', 'tcp'] })
    scene.clock.advance(4000)
    await until(() => client.state === 'closed' || client.transport === 'tcp')
    expect(client).toMatchObject({ state: 'playing', transport: 'tcp' })
    expect(await livesFor(1, scene, client)).toBe(true)
  })

  it('21: takes TCP on a new connection when UDP stays silent', async () => {
    const { scene, client } = await playing('quirk=21', { transports: ['udp', 'tcp'] })
    expect(client.transport).toBe('udp')
    scene.clock.advance(4000)
    await until(() => client.transport === 'tcp' && client.state === 'playing')
    expect(await livesFor(1, scene, client)).toBe(true)
  })
})
