export { Chart } from './chart.js'
export type { ChartData, Line } from './chart-data.js'
export type { ChartShape } from './chart-options.js'
