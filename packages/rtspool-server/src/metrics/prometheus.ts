import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Labels and value of one series (one time series of Prometheus) of a metric. */
export type Series = readonly [labels: Readonly<Record<string, string>>, value: number]

/** Metrics for Prometheus, whose values are read anew at each request for metrics. */
export class PrometheusMetrics {
  readonly #registry = new Registry()

  /** Returns all metrics in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /**
   * Adds a gauge: a metric whose value rises and falls. `read` is called at each request for metrics, and never rejects; a
   * series that it does not return is left out.
   */
  gauge(
    name: string,
    help: string,
    labelNames: string[],
    read: () => readonly Series[] | Promise<readonly Series[]>,
  ): void {
    new Gauge({
      ...{ name, help, labelNames, registers: [this.#registry] },
      async collect() {
        const all = await read()
        this.reset()
        for (const [labels, value] of all) this.set(labels, value)
      },
    })
  }

  /**
   * Adds a counter, a metric that only grows. `read` is called at each request for metrics, and returns the present
   * counts.
   */
  total(name: string, help: string, labelNames: string[], read: () => readonly Series[]): void {
    new Counter({
      ...{ name, help, labelNames, registers: [this.#registry] },
      collect() {
        this.reset()
        for (const [labels, value] of read()) this.inc(labels, value)
      },
    })
  }

  /**
   * Adds a histogram of durations in seconds for each value of a label.
   *
   * @param values - All values of the label, so that all series are there from the start.
   * @returns A function that adds one duration to a histogram.
   */
  times<Label extends string, Value extends string>(
    { name, help, label }: { readonly name: string; readonly help: string; readonly label: Label },
    values: readonly Value[],
    buckets: readonly number[],
  ): (value: Value, seconds: number) => void {
    const labelNames: string[] = [label]
    const histogram = new Histogram({
      ...{ name, help, labelNames, buckets: [...buckets], registers: [this.#registry] },
    })
    for (const value of values) histogram.zero({ [label]: value })
    return (value, seconds) => histogram.labels(value).observe(seconds)
  }
}
