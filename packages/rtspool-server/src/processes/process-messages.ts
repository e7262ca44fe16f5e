import type { SourceStatus } from '../sources/source-status.js'

/** Call of a function of the cluster's store, which the parent process has. */
export interface StoreRequest {
  readonly kind: 'storeRequest'
  /** Number by which the child recognizes the reply. */
  readonly id: number
  /** Name of the function, such as `beat`. */
  readonly method: string
  readonly args: readonly unknown[]
}

/** Result or error of a {@link StoreRequest}. */
export interface StoreReply {
  readonly kind: 'storeReply'
  readonly id: number
  readonly result?: unknown
  /** Error of the function; absent if it has succeeded. */
  readonly error?: { readonly name: string; readonly message: string }
}

/** Message of a child process that it serves clients. */
export interface ReadyNotice {
  readonly kind: 'ready'
  /** Port of the child for its siblings, on the loopback address. */
  readonly port: number
}

/** Ports of all child processes for each other, by number of the process. */
export interface PortsNotice {
  readonly kind: 'ports'
  readonly ports: Readonly<Record<number, number>>
}

/** Message of a child process that a program of one of its sources has started or ended. */
export interface ProgramNotice {
  readonly kind: 'program'
  /** Id of the program's process, and of its process group where the system has those. */
  readonly pid: number
  readonly isRunning: boolean
}

/** Message of the parent that the child ends at once, with its programs, and without waiting for sessions. */
export interface EndOrder {
  readonly kind: 'end'
}

/** Message of a child process with the paths of all sources in its configuration. */
export interface SourcePathsNotice {
  readonly kind: 'sourcePaths'
  readonly paths: readonly string[]
}

/** Message of a child process with the statuses of its sources, which the parent passes on to the others. */
export interface SourcesNotice {
  readonly kind: 'sourceStates'
  readonly statuses: readonly SourceStatus[]
}

/** Message that the API of a child process has changed the configuration. The parent passes it on to the others. */
export interface ReloadNotice {
  readonly kind: 'reload'
}

/** Message of the parent about which child has which source. */
export interface AssignmentNotice {
  readonly kind: 'assignment'
  /** Numbers of the owners by path. */
  readonly owners: Readonly<Record<string, number>>
  /** Tags of the children in their cluster, by number. */
  readonly tags: Readonly<Record<number, string>>
}

/** Messages from a child process to its parent. */
export type ChildMessage =
  | StoreRequest
  | ReadyNotice
  | ProgramNotice
  | SourcePathsNotice
  | SourcesNotice
  | ReloadNotice

/** Messages from the parent process to a child. */
export type ParentMessage =
  | StoreReply
  | PortsNotice
  | AssignmentNotice
  | SourcesNotice
  | ReloadNotice
  | EndOrder
