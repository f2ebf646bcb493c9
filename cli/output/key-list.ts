// What `key list` tells: who may do what, and what opens the repository.

import { toHex } from '../../format/bytes.ts'
import type { KeyList, ListedMember, ListedSlot } from '../../src/operations/key/list.ts'
import { colour, dim, humanTime, table } from './human.ts'
import { printableLine } from './path-text.ts'

/** Members and slots, for programs. */
export function keyListJson({ members, slots, missing, damaged }: KeyList): object {
  return {
    members: members.map(({ id, label, roles, series, isOwn }) => ({ member: toHex(id), label, roles, series: series ?? null, isOwn })),
    slots: slots.map(({ slot, label, known, added, isOwn, isSound }) => ({
      slot: toHex(slot.id),
      kind: slot.kind,
      member: toHex(slot.member),
      label,
      added: added ?? null,
      known,
      isOwn,
      isSound,
    })),
    missing: missing.map(({ slot, label }) => ({ slot: toHex(slot), label })),
    damaged,
  }
}

/** Members and slots as two tables, for people. */
export function keyListText({ members, slots, missing, damaged }: KeyList): string {
  return [
    table([['member', 'label', 'roles', 'series'], ...members.map(memberRow)]),
    '',
    table([['slot', 'kind', 'member', 'added (UTC)', 'label', ''], ...slots.map(slotRow)]),
    ...missing.map(({ slot, label }) => colour('red', `missing from the store: slot ${toHex(slot)} (${printableLine(label)})`)),
    ...damaged.map((key) => colour('red', `damaged: ${key}`)),
  ].join('\n')
}

function memberRow({ id, label, roles, series, isOwn }: ListedMember): string[] {
  return [
    toHex(id).slice(0, 16),
    `${printableLine(label)}${isOwn ? dim(' (you)') : ''}`,
    roles.join(', '),
    series === undefined ? 'any' : series.join(', '),
  ]
}

function slotRow(listed: ListedSlot): string[] {
  const { slot, label, added } = listed
  return [
    toHex(slot.id).slice(0, 16),
    slot.kind,
    toHex(slot.member).slice(0, 16),
    added === undefined ? '' : humanTime(added).slice(0, 16),
    printableLine(label),
    remarkOn(listed),
  ]
}

function remarkOn({ isSound, known, member }: ListedSlot): string {
  if (!isSound) return colour('red', 'damaged: it may open no more')
  if (known === 'unknown') return colour('red', 'nobody vouches for it')
  return member === undefined ? colour('yellow', 'of nobody who is a member') : ''
}
