import type { JSX } from 'preact'
import type { Login } from './login.js'

/** Asks for a token of the API. */
export function LoginForm({ login }: { readonly login: Login }): JSX.Element {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const field = new FormData(event.currentTarget as HTMLFormElement).get('token')
    if (typeof field === 'string' && field !== '') void login.logIn(field.trim())
  }
  return (
    <main class="login">
      <h1>rtspool</h1>
      <form onSubmit={submit} aria-busy={login.isChecking}>
        <label for="token">Token of the control API</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required />
        <p role="alert">{login.problem}</p>
        <button type="submit" class="main" disabled={login.isChecking}>
          Log in
        </button>
        <p class="hint">The first start of the server has printed one.</p>
      </form>
    </main>
  )
}
