import { definePlugin } from 'layergym'
import { clipSpeed } from './clip-speed.ts'

export const plugin = definePlugin({ name: 'layergym-clip-speed', tasks: { 'clip-speed': clipSpeed } })
