// Figures and tables for people.

import { styleText } from 'node:util'
import { isoTime } from '../../src/runtime/clock.ts'

const SIZE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** A size in bytes as people read it: three digits and a binary unit. */
export function humanBytes(bytes: number): string {
  let unit = 0
  let size = bytes
  while (size >= 1024 && unit < SIZE_UNITS.length - 1) {
    size /= 1024
    unit++
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(size >= 10 ? 1 : 2)} ${SIZE_UNITS[unit]}`
}

/** A count with its thousands set apart. */
export function humanCount(count: number): string {
  // toLocaleString would load the tables of all languages first.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A duration as people read it. */
export function humanDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A point in time, in UTC, to the second. */
export function humanTime(ms: number): string {
  return isoTime(ms).replace('T', ' ')
}

/** `1 file`, `2 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${humanCount(count)} ${count === 1 ? one : many}`
}

export type Cell = string | { readonly text: string; readonly right: true }

/** A cell whose text ends at the column's right edge. */
export function right(text: string): Cell {
  return { text, right: true }
}

const BETWEEN_COLUMNS = '  '

/** Rows in aligned columns; the first row is the heading. */
export function table(rows: readonly (readonly Cell[])[]): string {
  const widths = columnWidths(rows)
  return rows.map((row, index) => lineOf(row, widths, index === 0)).join('\n')
}

/** What the columns of these rows take, with the space behind each. */
export function tableWidth(rows: readonly (readonly Cell[])[]): number {
  return columnWidths(rows).reduce((sum, width) => sum + width + BETWEEN_COLUMNS.length, 0)
}

function columnWidths(rows: readonly (readonly Cell[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => displayWidth(textOf(row[column] ?? '')))))
}

function lineOf(row: readonly Cell[], widths: readonly number[], isHeading: boolean): string {
  const line = row
    .map((cell, column) => {
      const space = ' '.repeat((widths[column] ?? 0) - displayWidth(textOf(cell)))
      return typeof cell === 'string' ? cell + space : space + cell.text
    })
    .join(BETWEEN_COLUMNS)
    .trimEnd()
  return isHeading ? bold(line) : line
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text
}

function displayWidth(text: string): number {
  return Array.from(text).length
}

/** Colours are for terminals only, and for nobody who set NO_COLOR: styleText asks both. */
export function bold(text: string): string {
  return styleText('bold', text)
}

export function dim(text: string): string {
  return styleText('dim', text)
}

export function colour(name: 'red' | 'green' | 'yellow', text: string): string {
  return styleText(name, text)
}
