import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ShownThumbnail, Thumbnails } from './thumbnails.js'

interface MediaPictureProps {
  readonly thumbnails: Thumbnails
  readonly media: { readonly publicId: string; readonly path: string }
  /** Width of the shown picture in CSS pixels. */
  readonly width: number
}

/** Shows the last key frame of a media while it is on the screen. */
export function MediaPicture({ thumbnails, media, width }: MediaPictureProps): JSX.Element {
  const { publicId, path } = media
  const place = useRef<HTMLSpanElement>(null)
  const [shown, setShown] = useState<ShownThumbnail | undefined>(undefined)
  useEffect(() => {
    if (!place.current) return
    let current: ShownThumbnail | undefined
    const show = (isVisible: boolean): void => {
      if (isVisible === (current !== undefined)) return
      current?.hide()
      const pixels = Math.ceil(width * devicePixelRatio)
      current = isVisible ? thumbnails.show(publicId, pixels) : undefined
      setShown(current)
    }
    const observer = new IntersectionObserver((entries) => show(!!entries.at(-1)?.isIntersecting))
    observer.observe(place.current)
    return () => {
      observer.disconnect()
      show(false)
    }
  }, [thumbnails, publicId, width])
  return (
    <span class="picture" ref={place} style={{ width: `${width}px` }}>
      {shown && <Shown thumbnail={shown} path={path} />}
    </span>
  )
}

interface ShownProps {
  readonly thumbnail: ShownThumbnail
  readonly path: string
}

function Shown({ thumbnail: { state, fail }, path }: ShownProps): JSX.Element | null {
  const picture = state.value
  const name = `Picture of ${path}`
  switch (picture.kind) {
    case 'image':
      return <img src={picture.url} alt={name} onError={fail} />
    case 'video':
      // A video of one picture shows it without being played.
      return <video src={picture.url} aria-label={name} muted playsInline onError={fail} />
    case 'broken':
      return (
        <span class="broken" role="img" aria-label={`No picture of ${path}`} title={picture.reason}>
          no picture
        </span>
      )
    default:
      return null
  }
}
