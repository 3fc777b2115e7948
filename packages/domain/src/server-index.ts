import {
  awaitedByScan,
  type Candidate,
  compareCandidates,
  compareLoad,
  fold,
  MATCH_POINTS,
  type Placing,
  type Requirements,
} from "./matching.ts";

/** The servers that have one attribute value, as one bit per slot. */
type Holders = { bits: Uint32Array; count: number };

const DIMENSIONS = ["repos", "languages", "environments", "tools", "tags", "names"] as const;
type Dimension = (typeof DIMENSIONS)[number];

/**
 * The matcher's picture of a project's servers, kept so that a decision looks only at servers that can win.
 *
 * Each server has a slot; each attribute value has a bitset of the slots that have it, and one bitset says who is
 * available. A decision is the intersection of a few bitsets, and a score for the survivors from a few more. Being
 * available is worth the same to everyone, so those points are left out. It is a cache: whoever claims a place checks
 * it again where it is stored. Answers equal `bestByScan` over the same candidates.
 */
export class ServerIndex {
  readonly #slotOf = new Map<string, number>();
  readonly #candidates: (Candidate | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #holders: Record<Dimension, Map<string, Holders>> = {
    repos: new Map(),
    languages: new Map(),
    environments: new Map(),
    tools: new Map(),
    tags: new Map(),
    names: new Map(),
  };
  #available = new Uint32Array(4);
  // The load of each slot's server, beside the candidate for the sake of the processor's cache.
  #active = new Int32Array(128);
  #lastAssigned = new Float64Array(128);
  // What the decision being made asks for. Counted apart, since an array that is emptied gives its memory back, and a
  // decision should allocate nothing.
  readonly #all: Uint32Array[] = [];
  readonly #any: Uint32Array[] = [];
  readonly #soft: Uint32Array[] = [];
  readonly #softPoints: number[] = [];
  #allCount = 0;
  #anyCount = 0;
  #softCount = 0;

  get size(): number {
    return this.#slotOf.size;
  }

  /** The candidate as it is now; a later change makes a new object and leaves this one as it was. */
  get(id: string): Candidate | undefined {
    const slot = this.#slotOf.get(id);
    return slot === undefined ? undefined : this.#candidates[slot];
  }

  upsert(candidate: Candidate): void {
    const slot = this.#slotOf.get(candidate.id) ?? this.#takeSlot(candidate.id);
    const before = this.#candidates[slot];
    if (before) this.#forget(before, slot);
    for (const [holders, value] of this.#attributesOf(candidate)) this.#hold(holders, value, slot);
    this.#store(candidate, slot);
  }

  remove(id: string): void {
    const slot = this.#slotOf.get(id);
    if (slot === undefined) return;
    const candidate = this.#candidates[slot];
    if (candidate) this.#forget(candidate, slot);
    this.#candidates[slot] = undefined;
    this.#slotOf.delete(id);
    this.#freeSlots.push(slot);
    setBit(this.#available, slot, false);
  }

  setReachable(id: string, reachable: boolean): void {
    this.#change(id, { reachable });
  }

  /** Counts tasks that came (1) or went (-1); `assignedAt`, epoch milliseconds, when one came by assignment. */
  adjustActive(id: string, delta: number, assignedAt?: number): void {
    const candidate = this.get(id);
    if (!candidate) return;
    const activeTasks = candidate.activeTasks + delta;
    this.#change(id, { activeTasks, lastAssignedAt: assignedAt ?? candidate.lastAssignedAt });
  }

  /** The server that an automatic assignment takes, if any can. */
  best(requirements: Requirements, { tried, waits }: Placing = NEW_TASK): Candidate | undefined {
    if (waits && this.awaited(requirements, tried)) return undefined;
    if (!this.#plan(requirements)) return undefined;
    const words = this.#available.length;
    let best = -1;
    let bestScore = -1;
    for (let word = 0; word < words; word++) {
      let bits = this.#survivors(word);
      while (bits !== 0) {
        const bit = bits & -bits;
        bits ^= bit;
        const score = this.#score(word, bit);
        if (score < bestScore) continue;
        const slot = slotAt(word, bit);
        if (score === bestScore && !this.#precedes(slot, best)) continue;
        if (tried?.has((this.#candidates[slot] as Candidate).id)) continue;
        best = slot;
        bestScore = score;
      }
    }
    return this.#candidates[best];
  }

  /** The preferred server that is off or full, when it could run the task and no other preferred one can be had. */
  awaited(requirements: Requirements, tried?: ReadonlySet<string>): Candidate | undefined {
    const { preferServer } = requirements;
    const bits = preferServer === undefined ? undefined : find(this.#holders.names, preferServer)?.bits;
    if (!bits) return undefined;
    const preferred: Candidate[] = [];
    for (const [word, slots] of bits.entries()) {
      for (let rest = slots; rest !== 0; rest &= rest - 1) {
        preferred.push(this.#candidates[slotAt(word, rest & -rest)] as Candidate);
      }
    }
    return awaitedByScan(requirements, preferred, tried);
  }

  /** The first `limit` of those that an automatic assignment could take, best first. */
  ranked(requirements: Requirements, limit: number): Candidate[] {
    if (!this.#plan(requirements)) return [];
    const ranked: { candidate: Candidate; score: number }[] = [];
    for (let word = 0; word < this.#available.length; word++) {
      let bits = this.#survivors(word);
      while (bits !== 0) {
        const bit = bits & -bits;
        bits ^= bit;
        ranked.push({ candidate: this.#candidates[slotAt(word, bit)] as Candidate, score: this.#score(word, bit) });
      }
    }
    return ranked
      .sort(compareCandidates)
      .slice(0, limit)
      .map(({ candidate }) => candidate);
  }

  /** Looks up the bitsets that the requirements name; false when a hard one is met by nobody. */
  #plan({ repo, languages, environments, tools, tags, preferServer }: Requirements): boolean {
    const holders = this.#holders;
    this.#allCount = 0;
    this.#anyCount = 0;
    this.#softCount = 0;
    if (repo !== undefined && !this.#mustBeIn(find(holders.repos, repo))) return false;
    for (const language of languages) if (!this.#mustBeIn(find(holders.languages, language))) return false;
    for (const environment of environments) {
      const bits = find(holders.environments, environment)?.bits;
      if (bits) this.#any[this.#anyCount++] = bits;
    }
    if (environments.length > 0 && this.#anyCount === 0) return false;
    for (const tool of tools) this.#earn(find(holders.tools, tool), MATCH_POINTS.tool);
    for (const tag of tags) this.#earn(find(holders.tags, tag), MATCH_POINTS.tag);
    if (preferServer !== undefined) this.#earn(find(holders.names, preferServer), MATCH_POINTS.preferServer);
    return true;
  }

  #mustBeIn(holders: Holders | undefined): boolean {
    if (holders) this.#all[this.#allCount++] = holders.bits;
    return holders !== undefined;
  }

  #earn(holders: Holders | undefined, points: number): void {
    if (!holders) return;
    this.#softPoints[this.#softCount] = points;
    this.#soft[this.#softCount++] = holders.bits;
  }

  /** The slots of one word that are available and meet every hard requirement of the plan. */
  #survivors(word: number): number {
    let bits = this.#available[word] as number;
    const all = this.#all;
    const allCount = this.#allCount;
    for (let index = 0; bits !== 0 && index < allCount; index++) bits &= (all[index] as Uint32Array)[word] as number;
    const any = this.#any;
    const anyCount = this.#anyCount;
    if (bits === 0 || anyCount === 0) return bits;
    let union = 0;
    for (let index = 0; index < anyCount; index++) union |= (any[index] as Uint32Array)[word] as number;
    return bits & union;
  }

  #score(word: number, bit: number): number {
    const soft = this.#soft;
    const softCount = this.#softCount;
    let score = 0;
    for (let index = 0; index < softCount; index++) {
      if (((soft[index] as Uint32Array)[word] as number) & bit) score += this.#softPoints[index] as number;
    }
    return score;
  }

  /** `compareLoad` on slots. */
  #precedes(slot: number, other: number): boolean {
    const active = (this.#active[slot] as number) - (this.#active[other] as number);
    if (active !== 0) return active < 0;
    const assigned = (this.#lastAssigned[slot] as number) - (this.#lastAssigned[other] as number);
    if (assigned !== 0) return assigned < 0;
    return compareLoad(this.#candidates[slot] as Candidate, this.#candidates[other] as Candidate) < 0;
  }

  #change(id: string, change: Partial<Omit<Candidate, "id" | "name" | "capabilities">>): void {
    const slot = this.#slotOf.get(id);
    const candidate = slot === undefined ? undefined : this.#candidates[slot];
    if (slot === undefined || !candidate) return;
    this.#store({ ...candidate, ...change }, slot);
  }

  #store(candidate: Candidate, slot: number): void {
    const { reachable, draining, usageLimited, startsNoSessions, activeTasks, maxConcurrent, lastAssignedAt } =
      candidate;
    const takes = reachable && !draining && !usageLimited && !startsNoSessions;
    this.#candidates[slot] = candidate;
    this.#active[slot] = activeTasks;
    this.#lastAssigned[slot] = lastAssignedAt;
    setBit(this.#available, slot, takes && activeTasks < maxConcurrent);
  }

  #attributesOf({ id, name, capabilities }: Candidate): [Map<string, Holders>, string][] {
    const values = { ...capabilities, names: [name, id] };
    return DIMENSIONS.flatMap((dimension) =>
      [...new Set(values[dimension].map(fold))].map((value): [Map<string, Holders>, string] => [
        this.#holders[dimension],
        value,
      ]),
    );
  }

  #hold(dimension: Map<string, Holders>, value: string, slot: number): void {
    let holders = dimension.get(value);
    if (!holders) {
      holders = { bits: new Uint32Array(this.#available.length), count: 0 };
      dimension.set(value, holders);
    }
    setBit(holders.bits, slot, true);
    holders.count += 1;
  }

  #forget(candidate: Candidate, slot: number): void {
    for (const [dimension, value] of this.#attributesOf(candidate)) {
      const holders = dimension.get(value);
      if (!holders) continue;
      setBit(holders.bits, slot, false);
      holders.count -= 1;
      if (holders.count === 0) dimension.delete(value);
    }
  }

  #takeSlot(id: string): number {
    const slot = this.#freeSlots.pop() ?? this.#candidates.length;
    if (slot >= this.#active.length) this.#grow();
    this.#slotOf.set(id, slot);
    return slot;
  }

  #grow(): void {
    const words = this.#available.length * 2;
    this.#available = widened(this.#available, words);
    for (const dimension of DIMENSIONS) {
      for (const holders of this.#holders[dimension].values()) holders.bits = widened(holders.bits, words);
    }
    const active = new Int32Array(words * 32);
    active.set(this.#active);
    this.#active = active;
    const lastAssigned = new Float64Array(words * 32);
    lastAssigned.set(this.#lastAssigned);
    this.#lastAssigned = lastAssigned;
  }
}

/** A task that was never tried anywhere and waits for no server in particular. */
const NEW_TASK: Placing = {};

/** Values mostly come folded already, and folding costs more than looking up. */
function find(dimension: ReadonlyMap<string, Holders>, value: string): Holders | undefined {
  return dimension.get(value) ?? dimension.get(fold(value));
}

function slotAt(word: number, bit: number): number {
  return (word << 5) + 31 - Math.clz32(bit);
}

function setBit(bits: Uint32Array, slot: number, on: boolean): void {
  const mask = 1 << (slot & 31);
  const word = slot >> 5;
  bits[word] = on ? (bits[word] as number) | mask : (bits[word] as number) & ~mask;
}

function widened(bits: Uint32Array, words: number): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(words);
  wider.set(bits);
  return wider;
}
