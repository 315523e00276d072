/** Something that happened to a client or was done to the service, for the history of a violation. */
export interface Note {
  /** Milliseconds since the run began. */
  readonly at: number;
  /** The client, or `harness`. */
  readonly who: string;
  readonly text: string;
  readonly conversationId?: string | undefined;
  readonly subject?: string | undefined;
  readonly version?: number | undefined;
}

export type Noted = Omit<Note, "at">;

/** Notes of the present scene; older ones are dropped, as their conversations are no longer touched. */
export class Journal {
  readonly #began = performance.now();
  #notes: Note[] = [];

  note(noted: Noted): void {
    this.#notes.push({ at: Math.round(performance.now() - this.#began), ...noted });
  }

  get notes(): readonly Note[] {
    return this.#notes;
  }

  forget(): void {
    this.#notes = [];
  }
}
