timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_if_present: ["a/b"],
        exclude_beside: { "" => "x", "y" => "*" },
        exclude_larger_than: "",
        exclude_cache: true,
    }
}

fn main() {
    let _ = HOME.name();
}
