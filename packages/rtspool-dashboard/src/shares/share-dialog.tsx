import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { Button, copyText, Dialog, Field, useAction } from '../elements/index.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { isOwnHost, lifetimes, type NewShareView, urlOf } from './share-view.js'

interface ShareDialogProps {
  /** Path that is selected when the dialog opens. */
  readonly path: string
  readonly close: () => void
}

const defaultViewers = 10

/** Dialog that creates a share link, with which others watch one path, and shows the link once. */
export function ShareDialog({ path, close }: ShareDialogProps): JSX.Element {
  const { client } = useVisitor()
  const created = useSignal<NewShareView | undefined>(undefined)
  const { isRunning, problem, run } = useAction()
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const body = bodyOf(new FormData(event.currentTarget as HTMLFormElement))
    void run(async () => {
      created.value = await client.post<NewShareView>('/v1/shares', body)
    })
  }
  return (
    <Dialog title="Share a live picture" onClose={close}>
      {created.value ? (
        <NewLink share={created.value} />
      ) : (
        <form onSubmit={submit}>
          <ShareFields path={path} />
          <p role="alert">{problem}</p>
          <div class="actions">
            <button type="submit" class="main" disabled={isRunning}>
              Make a link
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

function bodyOf(form: FormData): object {
  const text = (field: string): string => String(form.get(field) ?? '').trim()
  return {
    path: text('path'),
    ...(text('name') !== '' && { name: text('name') }),
    seconds: Number(text('seconds')),
    maxViewers: Number(text('maxViewers')),
  }
}

function ShareFields({ path }: { readonly path: string }): JSX.Element {
  return (
    <>
      <Field label="Path">
        {(ids) => <input {...ids} name="path" defaultValue={path} required pattern="/.*" />}
      </Field>
      <Field label="Name" hint="Sessions of the link have it as their user. Empty: a short id.">
        {(ids) => <input {...ids} name="name" maxLength={100} />}
      </Field>
      <Field label="Ends after">
        {(ids) => (
          <select {...ids} name="seconds">
            {lifetimes.map(({ seconds, text }) => (
              <option key={seconds} value={seconds}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Viewers at a time" hint="0 = unlimited">
        {(ids) => (
          <input
            {...ids}
            name="maxViewers"
            type="number"
            min={0}
            defaultValue={`${defaultViewers}`}
          />
        )}
      </Field>
    </>
  )
}

function NewLink({ share }: { readonly share: NewShareView }): JSX.Element {
  const copied = useSignal('')
  const url = urlOf(share, location.hostname)
  const copy = async (): Promise<void> => {
    copied.value = await copyText(url, 'Copied.')
  }
  return (
    <>
      <Field label={`Link ${share.name}`} hint="Copy it now: the server keeps no copy.">
        {(ids) => (
          <input
            {...ids}
            readOnly
            value={url}
            onFocus={({ currentTarget }) => currentTarget.select()}
          />
        )}
      </Field>
      {isOwnHost(location.hostname) && (
        <p class="hint">
          Others need the name or address of this server in place of {location.hostname}.
        </p>
      )}
      {/* Browsers give the clipboard to safe pages alone. */}
      {globalThis.isSecureContext && (
        <div class="actions">
          <Button kind="main" onClick={() => void copy()}>
            Copy
          </Button>
        </div>
      )}
      <p role="status">{copied}</p>
    </>
  )
}
