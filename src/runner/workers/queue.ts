/** What a queue holds: a unit of a run as text. Who puts it chooses its id, by content. */
export interface Task {
  readonly id: string
  /** Tasks of one group share what is made for the first of them. */
  readonly group: string
  readonly content: string
}

/** The right to do a task, until it is not renewed in time. */
export interface Lease extends Task {
  /** Another one each time that the task is taken: what an earlier holder sends is refused. */
  readonly fence: string
  /** How often it was taken, this time included. */
  readonly tries: number
}

/** What a taker had last: tasks of that group suit it best. */
export interface Taker {
  readonly worker: string
  readonly group?: string
}

/**
 * Where units wait for those who do them. Each is done once: a lease ends when it isn't renewed, the next holder has
 * another fence, and of results the first one stays. No two machines' clocks are ever compared. Every method may be
 * called again after it failed.
 */
export interface TrialQueue {
  /** Milliseconds after which a lease that isn't renewed is another's to take. */
  readonly leaseTime: number
  /** Nothing happens where a task with this id is there already, or its result. */
  put(task: Task): Promise<void>
  take(taker: Taker): Promise<Lease | undefined>
  /** @returns false where it has been lost */
  renew(lease: Lease): Promise<boolean>
  /** Gives it back undone. */
  release(lease: Lease): Promise<void>
  /** @returns false where the lease was lost: the result is thrown away */
  finish(lease: Lease, result: string): Promise<boolean>
  /** Of those of these ids that have one. */
  results(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Forgets tasks and results. */
  remove(ids: readonly string[]): Promise<void>
  /** Until something may have changed: at most so many milliseconds. */
  changed(milliseconds: number): Promise<void>
  /** Files that tasks need, by the SHA-256 of their content. */
  readonly parcels?: Parcels
  close(): Promise<void>
}

/** Contents by their SHA-256. */
export interface Parcels {
  has(sha256: string): Promise<boolean>
  /** From a file. */
  send(sha256: string, path: string): Promise<void>
  /** Into a file that isn't there yet. @throws failure `worker.parcel` where it isn't here, or has changed */
  fetch(sha256: string, path: string): Promise<void>
}
