import { messageOf } from '../../common/error.ts'

/** Says why something isn't a function of the engine, each reason once. */
export class Refusals {
  private readonly said = new Set<string>()

  constructor(private readonly notice: ((message: string) => void) | undefined) {}

  /** @param why undefined: nothing was refused */
  tell(why: unknown): void {
    if (why === undefined) return
    const message = `some training steps are computed one operation at a time: ${messageOf(why)}`
    if (this.said.has(message)) return
    this.said.add(message)
    this.notice?.(message)
  }
}
