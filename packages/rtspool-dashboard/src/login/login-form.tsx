import type { ComponentChildren, JSX } from 'preact'
import { Field } from '../elements/index.js'
import type { Login } from './login.js'

/** Form for a login with user and password, or with a token of the API. */
export function LoginForm({ login }: { readonly login: Login }): JSX.Element {
  return (
    <main class="login">
      <h1>rtspool</h1>
      <p role="alert">{login.problem}</p>
      <EntryForm
        login={login}
        onSubmit={(text) => void login.logInAs(text('user'), text('password'))}
      >
        <Field label="User">
          {(ids) => <input {...ids} name="user" autocomplete="username" required />}
        </Field>
        <Field label="Password">
          {(ids) => (
            <input
              {...ids}
              name="password"
              type="password"
              autocomplete="current-password"
              required
            />
          )}
        </Field>
      </EntryForm>
      <hr />
      <EntryForm login={login} onSubmit={(text) => void login.logIn(text('token').trim())}>
        <Field
          label="Token of the control API"
          hint="The first start of the server has printed one. A token (JWT) of a login service may do as well."
        >
          {(ids) => <input {...ids} name="token" type="password" autocomplete="off" required />}
        </Field>
      </EntryForm>
    </main>
  )
}

interface EntryFormProps {
  readonly login: Login
  /**
   * Called when the user submits the form.
   *
   * @param text - Returns the contents of a field.
   */
  readonly onSubmit: (text: (field: string) => string) => void
  readonly children: ComponentChildren
}

function EntryForm({ login, onSubmit, children }: EntryFormProps): JSX.Element {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    onSubmit((field) => String(form.get(field) ?? ''))
  }
  return (
    <form onSubmit={submit} aria-busy={login.isChecking}>
      {children}
      <button type="submit" class="main" disabled={login.isChecking}>
        Log in
      </button>
    </form>
  )
}
