export const GAUGES = {
};
