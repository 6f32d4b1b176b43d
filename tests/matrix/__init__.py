"""Odd servers × models × strategies × fresh or resumed × with a hash or without.

python -m tests.prove matrix                              every case
python -m tests.prove curl                                the same servers, and what curl gets
ATWIN_TEST_WHOLE=1 pytest tests/matrix -k redirect        all cases of some behaviours
"""
