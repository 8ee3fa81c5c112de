timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude: [file "tests/ui/assert/junk.exclude"],
        assert: { "a.tmp" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
