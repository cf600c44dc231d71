// Fills a clip cache, as a process of its own: node --import tsx fill-cache.ts '{"cache":{…},"paths":[…]}'
import { openClipCache } from '../../src/data/clip-cache.ts'

const { cache, paths } = JSON.parse(process.argv[2])
const clips = (paths as readonly string[]).map(path => ({ id: path, path, label: 'x' }))
await openClipCache(cache).prepare(clips, { concurrency: 2 })
