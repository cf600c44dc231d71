import { findCodecs } from './codecs.ts'
import { execute } from './execute.ts'
import { broken, openInput, STREAM } from './media-file.ts'

/** A packet's flag that says that its frame isn't shown: edit lists leave some out. */
const DISCARD = 4

/**
 * Presentation time of every frame of a video, ascending, in seconds from the start of the file: what `decodeVideo` gives
 * frames, without decoding. Throws as `decodeVideo`.
 */
export async function frameTimes(path: string, signal?: AbortSignal): Promise<Float64Array> {
  const { options, url } = await openInput(path)
  const { ffmpeg } = await findCodecs()
  const input = ['-nostdin', '-v', 'error', ...options, '-i', url]
  const output = ['-map', STREAM, '-c', 'copy', '-f', 'framecrc', '-']
  // A file that is cut short ends in an error, after the frames that it has.
  const { stdout: bytes, stderr } = await execute(path, ffmpeg.path, [...input, ...output], signal)
  const stdout = String(bytes)
  const base = /^#tb 0: (\d+)\/(\d+)/m.exec(stdout)
  const packets = [...stdout.matchAll(/^0,\s*-?\d+,\s*(-?\d+),(.*)$/gm)]
  const shown = packets.filter(([, , rest]) => (flagsOf(rest) & DISCARD) === 0)
  if (base === null || shown.length === 0) throw broken(path, stderr.split('\n'))
  return Float64Array.from(shown, ([, stamp]) => (Number(stamp) * Number(base[1])) / Number(base[2])).sort()
}

function flagsOf(packet: string): number {
  return Number.parseInt(/F=0x([0-9A-Fa-f]+)/.exec(packet)?.[1] ?? '0', 16)
}
