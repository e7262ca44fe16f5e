/** Lines of one metric in the text format of Prometheus. */
interface MetricLines {
  /** Lines that begin with `#`: meaning and type. */
  readonly comments: readonly string[]
  readonly samples: string[]
}

/**
 * Joins the metrics of several processes. Each sample gets the label `process`. Sums over it are right also after one
 * process has begun again at 0, because Prometheus notices that in each series.
 *
 * @param texts - Metrics in the text format of Prometheus, by number of the process.
 */
export function mergeMetrics(texts: ReadonlyMap<number, string>): string {
  const metrics = new Map<string, MetricLines>()
  for (const [process, text] of texts) {
    let current: MetricLines | undefined
    let comments: string[] = []
    for (const line of text.split('\n')) {
      if (line === '') continue
      if (line.startsWith('#')) {
        if (current) [current, comments] = [undefined, []]
        comments.push(line)
        continue
      }
      current ??= linesOf(metrics, comments)
      current.samples.push(withProcess(line, process))
    }
  }
  const all = [...metrics.values()].map(({ comments, samples }) => [...comments, ...samples, ''])
  return `${all.flat().join('\n')}\n`
}

/** Returns the lines of the metric to which comments belong; of another process, if that has the metric as well. */
function linesOf(metrics: Map<string, MetricLines>, comments: readonly string[]): MetricLines {
  const name = comments[0] ?? ''
  const known = metrics.get(name)
  if (known) return known
  const added = { comments, samples: [] }
  metrics.set(name, added)
  return added
}

/** Returns a sample with the label `process` in front of its other labels. */
function withProcess(sample: string, process: number): string {
  const label = `process="${process}"`
  const at = sample.search(/[{ ]/)
  const [name, rest] = [sample.slice(0, at), sample.slice(at)]
  if (!rest.startsWith('{')) return `${name}{${label}}${rest}`
  return rest.startsWith('{}')
    ? `${name}{${label}${rest.slice(1)}`
    : `${name}{${label},${rest.slice(1)}`
}
