// The delay of the live picture: from the instant at which FFmpeg makes a picture to that at which Chromium shows it, and
// from a click to the first picture. Everything runs on this machine, so both sides have one clock.
// Usage: npm run bench -- live-delay [--short] [--pictures 300] [--opens 20] [--size 640x360]
import { createServer } from 'node:http'
import { RtspServer } from '../../packages/rtspool/lib/index.js'
import { LiveEndpoint } from '../../packages/rtspool-server/dist/live/index.js'
import { playerPage, startBrowser } from '../../test/interop/support/browser.mjs'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { Program } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { median, quantile } from '../lib/statistics.mjs'

const options = readOptions(
  { pictures: 300, opens: 20, size: '640x360' },
  { pictures: 30, opens: 2 },
)
/** Bits of the clock in a picture, in milliseconds: it wraps around after 65 s. */
const clockBits = 16
const wrapMs = 2 ** clockBits
const [width] = options.size.split('x').map(Number)
const barWidth = Math.floor(width / clockBits)
const wantedDelayMs = 800
const wantedFirstPictureMs = 500

/** Publishes pictures of 16 bars, which are the bits of the clock at which each picture was made. */
function publish(url) {
  // RTCTIME is in microseconds since 1970; a whole number of wraps is taken off, so that no digit gets lost.
  const base = Math.floor(Date.now() / wrapMs) * wrapMs
  const bit = `mod(floor(floor(T*1000)/pow(2,floor(X/${barWidth}))),2)`
  const filters = [
    `color=black:size=${options.size}:rate=25`,
    'realtime',
    'settb=1/1000',
    `setpts=(RTCTIME/1000000-${base / 1000})/TB`,
    `geq=lum='if(${bit},220,30)':cb=128:cr=128`,
  ]
  return new Program('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-f', 'lavfi', '-i', filters.join(',')],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25'],
    ...['-pix_fmt', 'yuv420p', '-fps_mode', 'passthrough', '-enc_time_base', '1:1000'],
    ...['-f', 'rtsp', '-rtsp_transport', 'tcp', url],
  ])
}

/** In the page: reads the clock out of each picture that is shown. @returns Delays in milliseconds. */
const readDelays = (count) => `new Promise((resolve) => {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const delays = []
  const look = () => {
    const nowMs = Date.now()
    canvas.width = video.videoWidth
    canvas.height = 1
    context.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, 1, 0, 0, video.videoWidth, 1)
    const { data } = context.getImageData(0, 0, canvas.width, 1)
    let clock = 0
    for (let bit = 0; bit < ${clockBits}; bit++) {
      if (data[(bit * ${barWidth} + ${barWidth} / 2) * 4] > 125) clock += 2 ** bit
    }
    delays.push((nowMs - clock) % ${wrapMs})
    if (delays.length === ${count}) resolve(delays)
    else video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
})`

async function measure(authority, browser) {
  const address = `http://${authority}/?path=/cam`
  const firstPictures = []
  for (let opened = 0; opened < options.opens; opened++) {
    const page = await browser.newPage()
    await page.goto(`${address}&click`)
    await page.click('#watch')
    await page.waitForFunction('window.firstPictureMs !== undefined')
    firstPictures.push(await page.evaluate('firstPictureMs'))
    await page.close()
  }
  const page = await browser.newPage()
  await page.goto(address)
  await page.waitForFunction('window.firstPictureMs !== undefined')
  // The first seconds are those of a player that catches up.
  await page.waitForTimeout(3000)
  const delays = await page.evaluate(readDelays(options.pictures))
  await page.close()
  return { firstPictures, delays }
}

await runBenchmark('live-delay', options, async (run) => {
  const server = new RtspServer({ port: 0, host: '127.0.0.1' })
  server.mounts.allowPublish('/*')
  await server.listen()
  const live = new LiveEndpoint(server)
  const http = createServer(playerPage((path) => live.tickets.issue({ path })))
  http.on('upgrade', (request, socket, head) => live.handleUpgrade(request, socket, head))
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  const published = new Promise((resolve) => server.once('publishStarted', resolve))
  const publisher = publish(`rtsp://127.0.0.1:${server.address().port}/cam`)
  const browser = await startBrowser()
  try {
    await published
    const { firstPictures, delays } = await measure(`127.0.0.1:${http.address().port}`, browser)
    const row = (name, values) => [
      ...[name, values.length, short(median(values)), short(quantile(values, 0.95))],
      short(Math.max(...values)),
    ]
    printTable(
      ['', 'count', 'median ms', 'p95 ms', 'max ms'],
      [row('made to shown', delays), row('click to first picture', firstPictures)],
    )
    const figures = [
      figure('glass to glass, median', median(delays), '<=', wantedDelayMs, 'ms'),
      figure('first picture, median', median(firstPictures), '<=', wantedFirstPictureMs, 'ms'),
    ]
    const summary = { delayMs: median(delays), firstPictureMs: median(firstPictures) }
    finish(run, { figures, summary, measurements: { delays, firstPictures } })
  } finally {
    await browser.close()
    await publisher.stop()
    live.close()
    await server.close()
    http.close()
  }
})
