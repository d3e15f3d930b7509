from serving_kit.serve.restart_pause import RestartPause


def test_one_death_is_replaced_at_once_and_more_in_a_row_ever_later() -> None:
    pause = RestartPause()
    assert [pause.pause_s(lived_s=3) for _ in range(8)] == [0, 1, 2, 4, 8, 16, 30, 30]


def test_a_long_life_is_a_new_beginning() -> None:
    pause = RestartPause()
    for _ in range(5):
        pause.pause_s(lived_s=3)
    assert pause.pause_s(lived_s=61) == 0
    assert [pause.pause_s(lived_s=3) for _ in range(2)] == [0, 1]
