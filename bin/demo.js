import { launch } from './launch.js'

await launch('cli/demo/start')
