import { functionBackend } from './function/binding.ts'
import { tf } from './tf.ts'

/** Frees what nobody refers to any more. */
const unreachable = new FinalizationRegistry<tf.Tensor>(tensor => {
  weigh(-bytesOf(tensor))
  tensor.dispose()
})

/** A tensor that lives as long as something refers to it: moments are references, and nobody gives them back. */
export class Held {
  private isShared = false

  /** @param tensor is taken over */
  constructor(readonly tensor: tf.Tensor) {
    tf.keep(tensor)
    unreachable.register(this, tensor, this)
    weigh(bytesOf(tensor))
  }

  /** From now on others refer to it too. */
  share(): void {
    this.isShared = true
  }

  /** Its owner has no use for it any more: it goes at once, unless it is shared. */
  release(): void {
    if (this.isShared) return
    unreachable.unregister(this)
    weigh(-bytesOf(this.tensor))
    this.tensor.dispose()
  }
}

/** The collector sees a small object where there are megabytes, and would be in no hurry. */
function weigh(bytes: number): void {
  functionBackend()?.binding.weigh(bytes)
}

function bytesOf({ size }: tf.Tensor): number {
  return 4 * size
}
