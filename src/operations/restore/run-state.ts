import type { Repository } from '../../repository/repository.ts'
import { currentRestorer } from '../../targets/metadata.ts'
import type { StagedTree } from '../../targets/staging-directory.ts'
import { roundsTimes } from '../../targets/times.ts'
import type { PlannedBlock } from './block-order.ts'
import type { BlockColumns, EntryProgress, RestoreWorkerData } from './messages.ts'
import type { RunnablePlan } from './plan.ts'
import { type EntryColumns, HOW_SPREAD, type PlannedColumns, piecesOf } from './planned-columns.ts'

/** What all threads of one run share: the plan's columns, and what was done of it so far. */
export function sharedState(repository: Repository, plan: RunnablePlan, staging: StagedTree): RestoreWorkerData {
  const { columns, buildTable } = plan.work
  return {
    repository: repository.id,
    idKey: repository.writeKeys.id,
    target: {
      rootFd: staging.treeFd,
      device: staging.device,
      restorer: currentRestorer(),
      roundsTimes: roundsTimes(staging.treeFd),
    },
    table: buildTable().columns,
    directoryRecords: columns.directoryRecords,
    entries: columns.entries,
    pieces: columns.pieces,
    blocks: blockColumns(columns),
    progress: newProgress(columns.entries),
  }
}

function blockColumns({ order }: PlannedColumns): BlockColumns {
  const column = (valueOf: (planned: PlannedBlock) => number): Uint32Array => {
    const values = new Uint32Array(new SharedArrayBuffer(order.blocks.length * 4))
    order.blocks.forEach((planned, i) => {
      values[i] = valueOf(planned)
    })
    return values
  }
  return {
    numbers: column(({ block }) => block.number),
    offsets: column(({ block }) => block.offset),
    sealedBytes: column(({ block }) => block.sealedBytes),
    pieces: order.pieces,
    pieceEnds: order.ends,
  }
}

function newProgress(entries: EntryColumns): EntryProgress {
  const count = entries.hows.length
  const missing = new Int32Array(new SharedArrayBuffer(count * 4))
  entries.hows.forEach((how, index) => {
    const { from, end } = piecesOf(entries, index)
    if (how === HOW_SPREAD) missing[index] = end - from
  })
  return {
    missing,
    inodes: new BigUint64Array(new SharedArrayBuffer(count * 8)),
    failed: new Uint8Array(new SharedArrayBuffer(count)),
  }
}
