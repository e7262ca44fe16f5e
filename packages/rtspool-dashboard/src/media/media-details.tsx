import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { Chart, type ChartData, type ChartShape, type Line } from '../charts/index.js'
import { MediaPicture } from '../thumbnails/media-picture.js'
import type { Thumbnails } from '../thumbnails/thumbnails.js'
import { bitrateText, countText, durationText, timeText } from '../words/quantities.js'
import { codecText, hasPicture, type MediaView, type TrackView, viewersOf } from './media-view.js'
import { ProbePanel } from './probe-panel.js'
import { UrlList } from './url-list.js'

const colors = ['--accent', '--warn', '--good', '--alarm'] as const
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

interface MediaDetailsProps {
  readonly media: MediaView
  readonly bitrates: ChartData
  readonly urls: readonly string[]
  readonly thumbnails: Thumbnails
}

/** Width of the shown picture of the media, in CSS pixels. */
const pictureWidth = 320

/** Details of one media: picture, publisher, URLs, bitrate and tracks, and a form to probe it. */
export function MediaDetails(props: MediaDetailsProps): JSX.Element {
  const { media, bitrates, urls, thumbnails } = props
  const shape = useBitrateShape(media.tracks)
  return (
    <section class="details" aria-labelledby="media">
      <h2 id="media">{media.path}</h2>
      <div class="grid wide">
        <Facts media={media} urls={urls} />
        <Chart title="Bitrate" shape={shape} data={bitrates} />
        {hasPicture(media) && <MediaPicture {...{ thumbnails, media }} width={pictureWidth} />}
      </div>
      <TracksTable tracks={media.tracks} />
      <ProbePanel key={media.publicId} media={media} />
    </section>
  )
}

function useBitrateShape(tracks: readonly TrackView[]): ChartShape {
  const names = tracks.map(({ index, encoding, kind }) => `${index}: ${encoding ?? kind}`)
  const key = names.join()
  return useMemo(() => {
    const lines = names.map((label, index): Line => {
      return { label, color: colors[index % colors.length] ?? '--accent', isDashed: index > 0 }
    })
    const formatPlace = (seconds: number): string => clock.format(seconds * 1000)
    return { lines, format: bitrateText, formatPlace, least: 1000 }
  }, [key])
}

function Facts({ media, urls }: Pick<MediaDetailsProps, 'media' | 'urls'>): JSX.Element {
  const { publisher, startedTime, createdTime, awaySince } = media
  const since = startedTime ?? createdTime
  return (
    <div class="panel">
      <dl class="facts">
        <dt>Since</dt>
        <dd>
          {timeText(since)} ({durationText(Date.now() - Date.parse(since))})
        </dd>
        {awaySince !== undefined && (
          <>
            <dt>Source away since</dt>
            <dd class="alarm">
              {timeText(awaySince)} ({durationText(Date.now() - Date.parse(awaySince))})
            </dd>
          </>
        )}
        <dt>Viewers</dt>
        <dd>{countText(viewersOf(media))}</dd>
        <dt>Publisher</dt>
        <dd>{publisherText(media)}</dd>
        {publisher?.address !== undefined && (
          <>
            <dt>Address</dt>
            <dd>{publisher.address}</dd>
          </>
        )}
        {publisher?.userAgent !== undefined && (
          <>
            <dt>Program</dt>
            <dd>{publisher.userAgent}</dd>
          </>
        )}
      </dl>
      <UrlList urls={urls} />
    </div>
  )
}

/** Returns the sender of a media in words for the user: a user name, the server itself, or nobody. */
function publisherText({ publisher, awaySince }: MediaView): string {
  if (publisher) return publisher.user ?? 'without a login'
  return awaySince === undefined ? 'the server itself' : 'nobody at the moment'
}

function TracksTable({ tracks }: { readonly tracks: readonly TrackView[] }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls needs the keyboard
    <section class="table" tabIndex={0} aria-label="Tracks">
      <table>
        <thead>
          <tr>
            {['Track', 'Kind', 'Codec'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
            {['Bitrate', 'Key frames', 'Packets', 'Viewers', 'Faulty packets'].map((title) => (
              <th key={title} scope="col" class="number">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tracks.map((track) => (
            <TrackRow key={track.index} {...track} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function TrackRow(track: TrackView): JSX.Element {
  const { index, kind, bitrate, keyFrameIntervalSeconds, packetCount, readerCount } = track
  const interval = keyFrameIntervalSeconds
  return (
    <tr>
      <td>{index}</td>
      <td>{kind}</td>
      <td>{codecText(track)}</td>
      <td class="number">{bitrate === undefined ? '–' : bitrateText(bitrate)}</td>
      <td class="number">
        {kind === 'video' && interval !== undefined ? `each ${interval.toFixed(2)} s` : '–'}
      </td>
      <td class="number">{countText(packetCount)}</td>
      <td class="number">{countText(readerCount)}</td>
      <td class="number">{countText(track.invalidPackets + track.unlistedPackets)}</td>
    </tr>
  )
}
