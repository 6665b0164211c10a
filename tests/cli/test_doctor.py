"""`doctor` as a process: beside a dashboard, and where nothing works."""

from pathlib import Path

from tests.cli.processes import CommandLine, dashboard


def test_beside_a_dashboard_and_after_its_database_broke(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "data")
    with dashboard(cli.data_dir, tmp_path / "log") as running:
        said = cli.json("doctor")
        assert said["ok"]
        words = {check["step"]: check["evidence"] for check in said["checks"]}
        assert str(running.process.pid) in words["lock"]
        assert running.url in words["port"]
        listed = cli.run("doctor", language="fa_IR.UTF-8")
        assert (listed.returncode, listed.stderr) == (0, "")
        assert "✓ قفل" in listed.stdout
        assert "\x1b" not in listed.stdout
    (cli.data_dir / "cheshmeh.db").write_bytes(b"rubbish" * 1000)
    broken = cli.run("doctor")
    assert broken.returncode == 1
    lines = broken.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("✗ Database"))
    assert "restore a backup" in lines[at + 1]
    assert any(line.startswith("✓ Drivers") for line in lines)
    assert cli.json("doctor", code=1)["ok"] is False


def test_a_wrong_setting_is_one_rung(tmp_path: Path) -> None:
    said = CommandLine(tmp_path).run("doctor", timezone="Nowhere/Land")
    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.startswith("✗ Settings")
    assert "CHESHMEH_TIMEZONE" in said.stdout
