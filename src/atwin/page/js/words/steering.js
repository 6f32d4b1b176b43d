export const STEERING = {
};
