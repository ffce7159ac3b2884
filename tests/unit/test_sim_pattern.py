from a4bridge.sim.pattern import Pattern, Trig


def test_the_grid_has_four_tracks_of_16_steps_with_the_notes_of_each_lowest_first() -> None:
    pattern = Pattern()
    for trig in (Trig(1, 1, 64, 100), Trig(1, 1, 60, 100), Trig(4, 16, 40, 100)):
        pattern.write(trig)

    grid = pattern.grid()

    assert [len(track) for track in grid] == [16] * 4
    assert grid[0][0] == (60, 64)
    assert grid[3][15] == (40,)
    assert sum(len(notes) for track in grid for notes in track) == 3


def test_a_step_holds_four_notes() -> None:
    pattern = Pattern()

    assert [pattern.write(Trig(2, 5, note, 100)) for note in (60, 61, 62, 63, 64)] == [True] * 4 + [False]
    assert pattern.grid()[1][4] == (60, 61, 62, 63)


def test_a_note_that_comes_again_on_a_full_step_replaces_itself() -> None:
    pattern = Pattern()
    for note in (60, 61, 62, 63):
        pattern.write(Trig(2, 5, note, 100))

    assert pattern.write(Trig(2, 5, 60, 1))
    assert [trig.velocity for trig in pattern.trigs] == [1, 100, 100, 100]


def test_a_trig_gets_its_length() -> None:
    pattern = Pattern()
    trig = Trig(1, 1, 60, 100)
    pattern.write(trig)
    pattern.finish(trig, 2.5)

    assert pattern.trigs == (Trig(1, 1, 60, 100, length=2.5),)


def test_a_replaced_trig_no_longer_gets_a_length() -> None:
    pattern = Pattern()
    former, later = Trig(1, 1, 60, 100), Trig(1, 1, 60, 100)
    pattern.write(former)
    pattern.write(later)
    pattern.finish(former, 2.5)

    assert pattern.trigs == (later,)
