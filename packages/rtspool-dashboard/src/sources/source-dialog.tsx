import type { JSX } from 'preact'
import { Button, Dialog, Field, useAction } from '../elements/index.js'
import {
  bodyOf,
  fieldsOf,
  firstFields,
  limitsWith,
  type SourceBody,
  type SourceFields,
} from './source-body.js'
import type { SourceView } from './source-view.js'

interface SourceDialogProps {
  /** Source to change; `undefined` for a new one. */
  readonly source: SourceView | undefined
  /** Called when the user submits the form, to send the settings to the API. @throws {ApiError} */
  readonly save: (path: string, body: SourceBody) => Promise<unknown>
  readonly close: () => void
}

/** Dialog that adds a stream to pull, or changes one. */
export function SourceDialog({ source, save, close }: SourceDialogProps): JSX.Element {
  const { isRunning, problem, run } = useAction()
  const first = firstFields(source)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const { path: entered, ...fields } = fieldsOf(
      new FormData(event.currentTarget as HTMLFormElement),
    )
    const path = source?.path ?? entered ?? ''
    if (await run(() => save(path, bodyOf(fields, first)))) close()
  }
  return (
    <Dialog title={source ? `Change ${source.path}` : 'Pull a stream'} onClose={close}>
      <form onSubmit={(event) => void submit(event)}>
        <CameraFields source={source} />
        <SpareField first={first} />
        <ConnectionFields first={first} />
        <details>
          <summary>More settings</summary>
          <TimeFields first={first} isRequired={source !== undefined} />
          <TrustFields first={first} isNew={source === undefined} />
        </details>
        <p role="alert">{problem}</p>
        <div class="actions">
          <Button onClick={close}>Cancel</Button>
          <button type="submit" class="main" disabled={isRunning}>
            {source ? 'Change source' : 'Add source'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

const stays = 'Empty: stays as it is.'

/** Fields of path, URL and login. The page never shows a saved password or a whole URL, so these begin empty. */
function CameraFields({ source }: Pick<SourceDialogProps, 'source'>): JSX.Element {
  return (
    <>
      {!source && (
        <Field label="Path" hint="Players open this path of the server, such as /yard">
          {(ids) => <input {...ids} name="path" required pattern="/.*" />}
        </Field>
      )}
      <Field
        label="URL"
        hint={source ? `${stays} A new host needs the password again.` : 'With a numeric address'}
      >
        {(ids) => (
          <input
            {...ids}
            name="url"
            required={!source}
            placeholder={source?.sources?.[0] ?? source?.source ?? 'rtsp://192.168.7.4/stream'}
          />
        )}
      </Field>
      <Field label="User" hint={source && stays}>
        {(ids) => <input {...ids} name="username" autoComplete="off" maxLength={1024} />}
      </Field>
      <Field label="Password" hint={source ? stays : 'The server keeps it in a file of its own.'}>
        {(ids) => (
          <input
            {...ids}
            name="password"
            type="password"
            autoComplete="new-password"
            maxLength={1024}
          />
        )}
      </Field>
    </>
  )
}

interface FieldsProps {
  readonly first: SourceFields
}

/** Field of the URLs that take over while the camera is away. */
function SpareField({ first }: FieldsProps): JSX.Element {
  const present = first.failover ?? ''
  return (
    <Field
      label="Spare URLs"
      hint={`One in a line: each takes over while those before are away. ${
        present === '' ? '' : 'After a change, a URL with a login of its own needs it again.'
      }`.trim()}
    >
      {(ids) => (
        <textarea
          {...ids}
          name="failover"
          rows={Math.max(2, present.split('\n').length)}
          placeholder="rtsp://192.168.7.5/stream"
          defaultValue={present}
        />
      )}
    </Field>
  )
}

const transports = [
  ['auto', 'TCP, then UDP'],
  ['tcp', 'TCP'],
  ['udp', 'UDP'],
  ['http', 'tunnel through HTTP'],
  ['webSocket', 'WebSocket'],
] as const

function ConnectionFields({ first }: FieldsProps): JSX.Element {
  return (
    <>
      <Choice label="Transport" name="transport" options={transports} first={first} />
      <label class="choice">
        <input type="checkbox" name="alwaysOn" defaultChecked={first.alwaysOn === 'true'} />
        <span>Connect without viewers, too</span>
      </label>
    </>
  )
}

const times = [
  ['lingerSeconds', 'Seconds that the connection stays without viewers', 0, 86_400],
  ['holdSeconds', 'Seconds that viewers stay without the camera', 0, 86_400],
  ['stallSeconds', 'Seconds without a picture until the server connects again', 0, 86_400],
  ['startSeconds', 'Seconds that a viewer waits for the first picture', 1, 25],
  ['returnSeconds', 'Seconds between attempts to return to the first URL', 0, 86_400],
] as const

function TimeFields({
  first,
  isRequired,
}: FieldsProps & { readonly isRequired: boolean }): JSX.Element {
  return (
    <>
      {times.map(([name, label, min, max]) => (
        <Field key={name} label={label}>
          {(ids) => (
            <input
              {...ids}
              {...{ name, ...limitsWith(first[name], { min, max }) }}
              type="number"
              step="any"
              required={isRequired}
              placeholder={isRequired ? undefined : 'the default'}
              defaultValue={first[name] ?? ''}
            />
          )}
        </Field>
      ))}
    </>
  )
}

const policies = [
  ['overTls', 'inside TLS only'],
  ['always', 'always'],
  ['never', 'never'],
] as const

function TrustFields({ first, isNew }: FieldsProps & { readonly isNew: boolean }): JSX.Element {
  return (
    <>
      <Choice label="Password in clear (Basic)" name="basic" options={policies} first={first} />
      <Field
        label="Fingerprint of the certificate"
        hint={isNew ? 'SHA-256, for rtsps: with a self-signed certificate' : stays}
      >
        {(ids) => <input {...ids} name="fingerprint" />}
      </Field>
    </>
  )
}

interface ChoiceProps extends FieldsProps {
  readonly label: string
  readonly name: string
  readonly options: readonly (readonly [value: string, text: string])[]
}

function Choice({ label, name, options, first }: ChoiceProps): JSX.Element {
  return (
    <Field label={label}>
      {(ids) => (
        <select {...ids} name={name}>
          {options.map(([value, text]) => (
            <option key={value} value={value} selected={first[name] === value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
