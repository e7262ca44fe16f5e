import { createHash } from 'node:crypto'
import { ManualClock } from 'rtspool/testing'
import { onTestFinished } from 'vitest'
import { noFaults } from '../../../src/camera/faults.js'
import { type OnvifCameras, OnvifServer } from '../../../src/camera/onvif/onvif-server.js'
import { parseFaults } from '../../../src/camera/parse-faults.js'
import { parseXml } from '../../../src/xml/xml.js'

export const user = { name: 'admin', password: 'camera' }
export const picture = Buffer.from([0xff, 0xd8, 1])

const namespaces: Readonly<Record<string, string>> = {
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
}

/** Makes the header of a UsernameToken, as clients do. */
export function tokenHeader(created: Date, password = user.password, nonce = 'nonce'): string {
  const createdText = created.toISOString()
  const digest = createHash('sha1')
    .update(nonce + createdText + password)
    .digest('base64')
  const nonceText = Buffer.from(nonce).toString('base64')
  return (
    `<Security><UsernameToken><Username>${user.name}</Username><Password>${digest}</Password>` +
    `<Nonce>${nonceText}</Nonce><Created>${createdText}</Created></UsernameToken></Security>`
  )
}

/** The services of two cameras on a fake clock; closed after the test. */
export class OnvifScene {
  readonly clock = new ManualClock()
  readonly server: OnvifServer
  /** Pictures that have been taken, as path and query. */
  readonly taken: string[] = []
  /** Error of the next pictures. */
  failure: Error | undefined

  /** Starts the services on a port; 0 = any free one. */
  static async start(port = 0): Promise<OnvifScene> {
    const scene = new OnvifScene()
    onTestFinished(() => scene.server.close())
    await scene.server.listen(port, '127.0.0.1')
    return scene
  }

  private constructor() {
    const videos = ['test', 'file'].map((token) => ({
      ...{ token, path: `/${token}`, width: 640, height: 360 },
    }))
    const cameras: OnvifCameras = {
      ...{ clock: this.clock, user, rtspPort: 8554, videos },
      isMuted: async (faults) => faults.quirk.includes('18'),
      faultsOf: (query) => parseFaults(query, noFaults),
      snapshot: async (path, query) => {
        if (this.failure) throw this.failure
        this.taken.push(`${path}?${query}`)
        return { contentType: 'image/jpeg', bytes: picture }
      },
    }
    this.server = new OnvifServer(cameras, {
      ...{ version: '1.2.3', uuid: () => 'uuid', unixTimeMs: () => this.clock.unixTimeMs() },
    })
  }

  get origin(): string {
    return `http://127.0.0.1:${this.server.port}`
  }

  /** Calls an operation such as `tds:GetScopes`, and returns the status and the root element. */
  async call(
    url: string,
    operation: string,
    { parameters = '', header = '', headers = {} }: Partial<CallParts> = {},
  ) {
    const [prefix = '', name = ''] = operation.split(':')
    const body =
      '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>' +
      `${header}</s:Header><s:Body><${name} xmlns="${namespaces[prefix]}">${parameters}</${name}>` +
      '</s:Body></s:Envelope>'
    const target = url.startsWith('http') ? url : this.origin + url
    const response = await fetch(target, { method: 'POST', body, headers })
    const challenges = response.headers.get('WWW-Authenticate')
    return { status: response.status, challenges, root: parseXml(await response.text()) }
  }
}

interface CallParts {
  readonly parameters: string
  /** Content of the SOAP header. */
  readonly header: string
  /** Headers of HTTP. */
  readonly headers: Readonly<Record<string, string>>
}
