import { render } from 'preact'
import { App } from './app.js'
import { Login } from './login/login.js'

const place = document.getElementById('app')
if (place) render(<App login={new Login(sessionStorage)} />, place)
