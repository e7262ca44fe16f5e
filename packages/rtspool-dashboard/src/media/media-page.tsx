import type { JSX } from 'preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { Polled } from '../api/polled.js'
import { Button, type Column, type RowWindow, Table } from '../elements/index.js'
import { emptyText } from '../lists/empty-text.js'
import { replaceQuery, route } from '../navigation/route.js'
import { SourcesPanel } from '../sources/sources-panel.js'
import { MediaPicture } from '../thumbnails/media-picture.js'
import { Thumbnails } from '../thumbnails/thumbnails.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { WatchButton } from '../watch/watch-button.js'
import { WatchDialog } from '../watch/watch-dialog.js'
import { bitrateText, countText, durationText } from '../words/quantities.js'
import { LiveMedia } from './live-media.js'
import { MediaDetails } from './media-details.js'
import {
  bitrateOf,
  codecsText,
  hasPicture,
  type MediaView,
  stateText,
  viewersOf,
} from './media-view.js'
import { type ServerPorts, urlsOf } from './urls.js'

const portsMs = 60_000
/** Width of the small picture in a row of the table, in CSS pixels. */
const thumbnailWidth = 54

/** Page with a table of all media, the sources of paths, and the details of the selected media. */
export function MediaPage(): JSX.Element {
  const { live, ports, thumbnails } = useMedia()
  const { list, bitrates } = live
  const [watched, setWatched] = useState<string | undefined>(undefined)
  const columns = useMemo(() => columnsOf(thumbnails, setWatched), [thumbnails])
  const onWindow = useCallback((rows: RowWindow) => list.see(rows), [list])
  const media = list.rows.value
  const { path: wanted } = route.value.query
  useEffect(() => void live.choose(wanted), [live, wanted])
  const found = live.found.value
  const isFound = wanted !== undefined && found?.path === wanted
  const chosen = wanted === undefined ? media[0] : isFound ? found.media : undefined
  return (
    <>
      <h1>{`Media (${countText(media.length)}${list.hasMore.value ? '+' : ''})`}</h1>
      <p role="alert">{list.problem}</p>
      <Table
        label="Media"
        columns={columns}
        rows={media}
        keyOf={({ publicId }) => publicId}
        onWindow={onWindow}
        isBusy={list.isLoading.value}
        empty={emptyText(list, 'Nothing is published or played.')}
      />
      <SourcesPanel />
      {isFound && !chosen && <p>Nothing is sent to {wanted} at the moment.</p>}
      {chosen && (
        <MediaDetails
          media={chosen}
          bitrates={bitrates.of(chosen, performance.now(), Date.now())}
          thumbnails={thumbnails}
          urls={urlsOf(chosen.path, location.hostname, ports.value.value ?? {})}
        />
      )}
      {watched !== undefined && <WatchDialog path={watched} close={() => setWatched(undefined)} />}
    </>
  )
}

function useMedia() {
  const { client, events } = useVisitor()
  const parts = useMemo(() => {
    const ports = new Polled(() => client.get<ServerPorts>('/v1/version'), portsMs)
    return { live: new LiveMedia({ client, events }), ports, thumbnails: new Thumbnails(client) }
  }, [client, events])
  useEffect(
    () => () => {
      parts.live.close()
      parts.ports.close()
      parts.thumbnails.close()
    },
    [parts],
  )
  return parts
}

const columnsOf = (
  thumbnails: Thumbnails,
  watch: (path: string) => void,
): readonly Column<MediaView>[] => [
  {
    id: 'picture',
    title: 'Picture',
    width: '5.5rem',
    cell: (media) =>
      hasPicture(media) && <MediaPicture {...{ thumbnails, media }} width={thumbnailWidth} />,
  },
  {
    id: 'path',
    title: 'Path',
    cell: ({ path }) => (
      <Button kind="link" label={`Details of ${path}`} onClick={() => replaceQuery({ path })}>
        {path}
      </Button>
    ),
    hint: ({ path }) => path,
  },
  {
    id: 'state',
    title: 'State',
    width: '8.5rem',
    cell: (media) => (
      <span class={media.isDown || media.awaySince ? 'alarm' : undefined}>{stateText(media)}</span>
    ),
  },
  { id: 'codecs', title: 'Codecs', cell: codecsText, hint: codecsText },
  {
    id: 'bitrate',
    title: 'Bitrate',
    width: '7rem',
    isNumber: true,
    cell: (media) => {
      const bitrate = bitrateOf(media)
      return bitrate === undefined ? '–' : bitrateText(bitrate)
    },
  },
  {
    id: 'viewers',
    title: 'Viewers',
    width: '6rem',
    isNumber: true,
    cell: (media) => countText(viewersOf(media)),
  },
  {
    id: 'publisher',
    title: 'Publisher',
    cell: ({ publisher }) => publisher?.user ?? publisher?.address ?? '–',
    hint: ({ publisher }) => publisher?.userAgent,
  },
  {
    id: 'since',
    title: 'Since',
    width: '8rem',
    isNumber: true,
    cell: ({ startedTime, createdTime }) =>
      durationText(Date.now() - Date.parse(startedTime ?? createdTime)),
  },
  {
    id: 'watch',
    title: '',
    width: '6rem',
    cell: ({ path }) => (
      <WatchButton path={path} onClick={() => watch(path)}>
        Watch
      </WatchButton>
    ),
  },
]
